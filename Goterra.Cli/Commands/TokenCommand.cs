using System.CommandLine;
using System.Text.Json;
using Goterra.Cli.Arguments;
using Goterra.Cli.Connection;
using Goterra.Cli.Output;

namespace Goterra.Cli.Commands;

/// <summary>`token`: another token, which may do less or lives shorter.</summary>
internal sealed class TokenCommand : Command
{
    private readonly SessionFactory _sessions;
    private readonly CliEnvironment _environment;

    private readonly Option<string?> _ttl = new("--ttl") { Description = "How long it lives, with a unit: 30m, 24h; its renewals end then too", HelpName = "TIME" };
    private readonly ScopeOptions _scope = new();

    public TokenCommand(SessionFactory sessions, CliEnvironment environment)
        : base("token", "Print another token of the deployment: with --read and --write one that may do just that")
    {
        (_sessions, _environment) = (sessions, environment);
        Add(_ttl);
        _scope.AddTo(this);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        const string Doing = "token";
        var body = new TokenRequest(Lifetime.Of(parsed, _ttl), _scope.Read(parsed), _scope.Write(parsed), _scope.Fail(parsed));
        using var session = _sessions.ForDeployment(parsed, _sessions.Timeout(parsed, SessionFactory.DefaultTimeout));
        var request = new StoreRequest(HttpMethod.Post, session.Address.Action(session.Deployment, Doing))
        {
            Body = JsonSerializer.SerializeToUtf8Bytes(body, WireJson.Default.TokenRequest),
            BodyType = "application/json",
        };

        var (reply, _) = await session.Patient.SendAsync(Doing, request, cancellationToken);
        if (!reply.IsSuccess)
            throw session.Failure(Doing, reply);
        var issued = IssuedToken.Read(reply.Body) ?? throw Verdict.NotOurs(Doing);
        new ValueOutput(_environment.Output).WriteText(issued.Token + "\n");
        return (int)ExitCode.Done;
    }
}
