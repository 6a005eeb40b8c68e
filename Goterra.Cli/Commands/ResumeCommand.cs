using System.CommandLine;
using Goterra.Cli.Http;
using Goterra.Cli.Protocol;
using Goterra.Cli.Runtime;

namespace Goterra.Cli.Commands;

/// <summary>`resume`: withdraws the failure of the deployment.</summary>
internal sealed class ResumeCommand : ClientCommand
{
    private readonly Argument<string?> _reason = new("REASON")
    {
        Description = "The reason, for the event log",
        Arity = ArgumentArity.ZeroOrOne,
    };

    public ResumeCommand(CommandContext context)
        : base(
            "resume",
            "Return a failed deployment to its normal state, so that clients can wait in it again; "
            + "otherwise has no effect",
            context)
    {
        Usage = "resume [options] [<REASON>]";
        Add(_reason);
    }

    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var reason = parsed.GetValue(_reason);
        using var session = Sessions.ForDeployment(parsed);
        var address = session.ActionUrl(Name);
        var request = string.IsNullOrWhiteSpace(reason)
            ? new StoreRequest(HttpMethod.Post, address)
            : StoreRequest.Post(address, new ReasonBody(reason), ProtocolJson.Default.ReasonBody);
        await session.SendAsync(
            Name, request with { Content = ResponseContent.Resumed }, cancellationToken);
        return (int)ExitCode.Done;
    }
}
