using System.CommandLine;
using Goterra.Cli.Connection;
using Goterra.Cli.Events;
using Goterra.Cli.Output;

namespace Goterra.Cli.Commands;

/// <summary>`watch`: what happens in the deployment, a line an event, until it is gone.</summary>
internal sealed class WatchCommand : Command
{
    private static readonly TimeSpan DefaultReconnect = TimeSpan.FromMinutes(10);

    private readonly SessionFactory _sessions;
    private readonly CliEnvironment _environment;

    private readonly Option<bool> _json = new("--json") { Description = "One JSON object a line" };

    public WatchCommand(SessionFactory sessions, CliEnvironment environment)
        : base("watch", "Print what happens in the deployment, a line an event, never a value, until it is gone (exit code 5)")
    {
        (_sessions, _environment) = (sessions, environment);
        Add(_json);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        const string Doing = "watch";
        var json = parsed.GetValue(_json);
        using var session = _sessions.ForDeployment(parsed, _sessions.Timeout(parsed, DefaultReconnect));
        var output = new ValueOutput(_environment.Output);

        DeploymentEvent? last = null;
        await foreach (var happened in new EventFeed(session, Doing, _environment.Time).ReadAsync(cancellationToken))
        {
            last = happened;
            output.WriteText((json ? happened.ToJson() : happened.ToLine()) + "\n");
        }

        throw new CliException(ExitCode.DeploymentGone, $"{Doing}: the deployment is gone{(last?.Reason is { } reason ? $": {reason}" : "")}");
    }
}
