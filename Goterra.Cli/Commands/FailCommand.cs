using System.CommandLine;
using Goterra.Cli.Arguments;
using Goterra.Cli.Runtime;

namespace Goterra.Cli.Commands;

/// <summary>`fail REASON`: declares the deployment failed.</summary>
internal sealed class FailCommand : ClientCommand
{
    private readonly Argument<string> _reason = new("REASON")
    {
        Description = "The reason; several words need no quotes. Options must precede it",
    };

    private readonly Option<string?> _source = new("--source")
    {
        Description = "Who reports it, such as this machine. Failures of different sources are taken back separately",
        HelpName = "NAME",
    };

    public FailCommand(CommandContext context)
        : base("fail", "Declare the deployment failed: all waits in it end with exit code 6 and the reason", context)
    {
        Usage = "fail [options] <REASON>";
        Add(_source);
        Add(_reason);
    }

    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        // An unset shell variable must not prevent the report.
        var source = parsed.GetValue(_source) is "" ? null : ArgumentParser.Source(parsed, _source);
        using var session = Sessions.ForDeployment(parsed);
        await session.SendAsync(Name, session.FailRequest(parsed.GetRequiredValue(_reason), source), cancellationToken);
        return (int)ExitCode.Done;
    }
}
