using System.CommandLine;
using Goterra.Cli.Connection;

namespace Goterra.Cli.Commands;

/// <summary>`fail REASON`: the deployment has failed; every wait in it ends with the reason.</summary>
internal sealed class FailCommand : Command
{
    private readonly SessionFactory _sessions;

    private readonly Argument<string> _reason = new("REASON") { Description = "Why, for people; several words need no quotes. Options stand before it" };

    public FailCommand(SessionFactory sessions)
        : base("fail", "Declare the deployment failed: everybody who waits in it stops with exit code 6 and the reason")
    {
        _sessions = sessions;
        Add(_reason);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        const string Doing = "fail";
        var reason = parsed.GetRequiredValue(_reason);
        using var session = _sessions.ForDeployment(parsed, _sessions.Timeout(parsed, SessionFactory.DefaultTimeout));
        var (reply, _) = await session.Patient.SendAsync(Doing, DeploymentFailure.Request(session, reason), cancellationToken);
        return reply.IsSuccess ? (int)ExitCode.Done : throw session.Failure(Doing, reply);
    }
}
