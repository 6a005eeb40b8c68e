using System.CommandLine;
using System.Net;
using Goterra.Cli.Connection;

namespace Goterra.Cli.Commands;

/// <summary>`delete`: deletes the deployment and all its data.</summary>
internal sealed class DeleteCommand : Command
{
    private readonly SessionFactory _sessions;

    public DeleteCommand(SessionFactory sessions)
        : base("delete", "Delete the deployment and all its data; machines that wait in it stop")
    {
        _sessions = sessions;
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        const string Doing = "delete";
        using var session = _sessions.ForDeployment(parsed, _sessions.Timeout(parsed, SessionFactory.DefaultTimeout));
        var request = new StoreRequest(HttpMethod.Delete, session.Address.Deployment(session.Deployment));

        var (reply, repeatedAfterLoss) = await session.Patient.SendAsync(Doing, request, cancellationToken);
        // After a lost answer, "gone" is the proof that the first attempt was carried out.
        var done = reply.IsSuccess || (repeatedAfterLoss && reply.Status == HttpStatusCode.Gone);
        return done ? (int)ExitCode.Done : throw session.Failure(Doing, reply);
    }
}
