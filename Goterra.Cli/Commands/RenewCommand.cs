using System.CommandLine;
using Goterra.Cli.Connection;
using Goterra.Cli.Output;

namespace Goterra.Cli.Commands;

/// <summary>`renew`: a new token in place of the one in use.</summary>
internal sealed class RenewCommand : Command
{
    private readonly SessionFactory _sessions;
    private readonly NewToken _newToken;

    private readonly Option<bool> _byApiKey = new("--apikey") { Description = "Use GOT_APIKEY and not the token, such as when that has expired; the new one may do everything" };

    public RenewCommand(SessionFactory sessions, CliEnvironment environment, Talk talk)
        : base("renew", "Get a new token like the one in use: rewrites GOT_TOKEN_FILE where the token came from there, and prints it otherwise")
    {
        (_sessions, _newToken) = (sessions, new NewToken(environment, talk));
        Add(_byApiKey);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        const string Doing = "renew";
        using var session = _sessions.ForDeployment(parsed, _sessions.Timeout(parsed, SessionFactory.DefaultTimeout), parsed.GetValue(_byApiKey));
        session.TokenPlace?.Check();
        var request = new StoreRequest(HttpMethod.Post, session.Address.Action(session.Deployment, "token"));

        var (reply, _) = await session.Patient.SendAsync(Doing, request, cancellationToken);
        if (!reply.IsSuccess)
            throw session.Failure(Doing, reply);
        await _newToken.DeliverAsync(Doing, IssuedToken.Read(reply.Body) ?? throw Verdict.NotOurs(Doing), session.TokenPlace, cancellationToken);
        return (int)ExitCode.Done;
    }
}
