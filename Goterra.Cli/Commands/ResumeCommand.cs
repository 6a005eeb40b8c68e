using System.CommandLine;
using Goterra.Cli.Arguments;
using Goterra.Cli.Http;
using Goterra.Cli.Runtime;

namespace Goterra.Cli.Commands;

/// <summary>`resume`: withdraws the failures of the deployment, or that of one source.</summary>
internal sealed class ResumeCommand : ClientCommand
{
    private readonly Argument<string?> _reason = new("REASON")
    {
        Description = "The reason, for the event log",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<string?> _source = new("--source")
    {
        Description = "Take back only the failure that was reported with this --source; the deployment stays failed "
            + "while others are left. A restricted token can only take back what it reported itself",
        HelpName = "NAME",
    };

    public ResumeCommand(CommandContext context)
        : base(
            "resume",
            "Return a failed deployment to its normal state, so that clients can wait in it again; "
            + "otherwise has no effect",
            context)
    {
        Usage = "resume [options] [<REASON>]";
        Add(_source);
        Add(_reason);
    }

    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var reason = parsed.GetValue(_reason);
        var source = ArgumentParser.Source(parsed, _source);
        using var session = Sessions.ForDeployment(parsed);
        var request = string.IsNullOrWhiteSpace(reason) && source is null
            ? new StoreRequest(HttpMethod.Post, session.ActionUrl(Name)) { Content = ResponseContent.Resumed }
            : session.ResumeRequest(string.IsNullOrWhiteSpace(reason) ? null : reason, source);
        await session.SendAsync(Name, request, cancellationToken);
        return (int)ExitCode.Done;
    }
}
