using System.CommandLine;
using Goterra.Cli.Commands.Watch;
using Goterra.Cli.Runtime;

namespace Goterra.Cli.Commands;

/// <summary>`watch`: prints the events of the deployment until it is gone.</summary>
internal sealed class WatchCommand : ClientCommand
{
    private static readonly TimeSpan DefaultReconnectTimeout = TimeSpan.FromMinutes(10);

    private readonly Option<bool> _json = new("--json") { Description = "Print one JSON object per line" };

    public WatchCommand(CommandContext context)
        : base(
            "watch",
            "Print the events of the deployment (never values), one per line, "
            + "until the deployment is gone (exit code 5)",
            context) => Add(_json);

    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var json = parsed.GetValue(_json);
        using var session = Sessions.ForDeployment(parsed, Sessions.Timeout(parsed, DefaultReconnectTimeout));

        ServerEvent? last = null;
        var reader = new EventStreamReader(session, Name, Environment.Time);
        await foreach (var received in reader.ReadAsync(cancellationToken))
        {
            last = received;
            Output.WriteText((json ? received.ToJson() : received.ToLine()) + "\n");
        }

        var reason = last?.Reason is { } text ? $": {text}" : "";
        throw new CliException(ExitCode.DeploymentGone, $"{Name}: the deployment is gone{reason}");
    }
}
