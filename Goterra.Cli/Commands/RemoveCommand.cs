using System.CommandLine;
using System.Net;
using Goterra.Cli.Arguments;
using Goterra.Cli.Connection;

namespace Goterra.Cli.Commands;

/// <summary>`rm KEY`: removes a key and its value.</summary>
internal sealed class RemoveCommand : Command
{
    private readonly SessionFactory _sessions;

    private readonly Argument<string> _key = new("KEY") { Description = "The key" };

    public RemoveCommand(SessionFactory sessions)
        : base("rm", "Remove a key and its value; exit code 1 where there is no such key")
    {
        _sessions = sessions;
        Add(_key);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var key = ValueKey.Parse(parsed.GetRequiredValue(_key));
        using var session = _sessions.ForDeployment(parsed, _sessions.Timeout(parsed, SessionFactory.DefaultTimeout));
        var doing = $"rm {key}";
        var request = new StoreRequest(HttpMethod.Delete, session.Address.Value(session.Deployment, key)) { Headers = Fence.Headers(session.Fence) };

        var (reply, repeatedAfterLoss) = await session.Patient.SendAsync(doing, request, cancellationToken);
        // After a lost answer, "no such key" is the proof that the first attempt was carried out.
        var done = reply.IsSuccess || (repeatedAfterLoss && reply.Status == HttpStatusCode.NotFound);
        return done ? (int)ExitCode.Done : throw session.Failure(doing, reply);
    }
}
