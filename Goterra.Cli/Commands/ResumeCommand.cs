using System.CommandLine;
using System.Text.Json;
using Goterra.Cli.Connection;

namespace Goterra.Cli.Commands;

/// <summary>`resume`: takes `fail` back.</summary>
internal sealed class ResumeCommand : Command
{
    private readonly SessionFactory _sessions;

    private readonly Argument<string?> _reason = new("REASON") { Description = "Why, for people", Arity = ArgumentArity.ZeroOrOne };

    public ResumeCommand(SessionFactory sessions)
        : base("resume", "Take a failure back: one can wait in the deployment again. Nothing happens where it has not failed")
    {
        _sessions = sessions;
        Add(_reason);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        const string Doing = "resume";
        var reason = parsed.GetValue(_reason);
        using var session = _sessions.ForDeployment(parsed, _sessions.Timeout(parsed, SessionFactory.DefaultTimeout));
        var request = new StoreRequest(HttpMethod.Post, session.Address.Action(session.Deployment, Doing))
        {
            Body = string.IsNullOrWhiteSpace(reason) ? null : JsonSerializer.SerializeToUtf8Bytes(new Reason(reason), WireJson.Default.Reason),
            BodyType = "application/json",
        };

        var (reply, _) = await session.Patient.SendAsync(Doing, request, cancellationToken);
        return reply.IsSuccess ? (int)ExitCode.Done : throw session.Failure(Doing, reply);
    }
}
