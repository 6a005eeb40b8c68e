using System.CommandLine;
using System.Net;
using Goterra.Cli.Connection;
using Goterra.Cli.Output;

namespace Goterra.Cli.Commands;

/// <summary>`revoke`: the end of every token and ticket of the deployment, and a new token for the caller.</summary>
internal sealed class RevokeCommand : Command
{
    private readonly SessionFactory _sessions;
    private readonly NewToken _newToken;

    public RevokeCommand(SessionFactory sessions, CliEnvironment environment, Talk talk)
        : base("revoke", "Make every token and ticket of the deployment worthless; prints a new token, or rewrites GOT_TOKEN_FILE where the old one came from there")
    {
        (_sessions, _newToken) = (sessions, new NewToken(environment, talk));
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        const string Doing = "revoke";
        using var session = _sessions.ForDeployment(parsed, _sessions.Timeout(parsed, SessionFactory.DefaultTimeout));
        session.TokenPlace?.Check();
        var request = new StoreRequest(HttpMethod.Post, session.Address.Action(session.Deployment, Doing));

        var (reply, repeatedAfterLoss) = await session.Patient.SendAsync(Doing, request, cancellationToken);
        if (repeatedAfterLoss && reply.Status == HttpStatusCode.Unauthorized)
            throw new CliException(ExitCode.NotAuthorized, $"{Doing}: done, it seems, but the answer with the new token was lost; an API key makes another one (goterra-cli renew --apikey)");
        if (!reply.IsSuccess)
            throw session.Failure(Doing, reply);
        await _newToken.DeliverAsync(Doing, IssuedToken.Read(reply.Body) ?? throw Verdict.NotOurs(Doing), session.TokenPlace, cancellationToken);
        return (int)ExitCode.Done;
    }
}
