using System.CommandLine;
using Goterra.Cli.Runtime;

namespace Goterra.Cli.Commands;

/// <summary>`fail REASON`: declares the deployment failed.</summary>
internal sealed class FailCommand : ClientCommand
{
    private readonly Argument<string> _reason = new("REASON")
    {
        Description = "The reason; several words need no quotes. Options must precede it",
    };

    public FailCommand(CommandContext context)
        : base("fail", "Declare the deployment failed: all waits in it end with exit code 6 and the reason", context)
    {
        Usage = "fail [options] <REASON>";
        Add(_reason);
    }

    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var session = Sessions.ForDeployment(parsed);
        await session.SendAsync(Name, session.FailRequest(parsed.GetRequiredValue(_reason)), cancellationToken);
        return (int)ExitCode.Done;
    }
}
