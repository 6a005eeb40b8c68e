using System.CommandLine;
using Goterra.Cli.Connection;
using Goterra.Cli.Diagnosis;
using Goterra.Cli.Output;

namespace Goterra.Cli.Commands;

/// <summary>`doctor`: why it doesn't work, for the person at the machine's console.</summary>
internal sealed class DoctorCommand : Command
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);

    private readonly SessionFactory _sessions;
    private readonly CliEnvironment _environment;

    public DoctorCommand(SessionFactory sessions, CliEnvironment environment)
        : base("doctor", "Check the way to the server and the token, a line each: ok, warn or FAIL; exit code of the first failure. --timeout: the wait that is planned (30m)")
    {
        (_sessions, _environment) = (sessions, environment);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var plannedWait = _sessions.Timeout(parsed, SessionFactory.DefaultWait);
        var findings = new Findings(new ValueOutput(_environment.Output));
        var given = _sessions.Inspect(parsed);

        // Told one by one: each of them may be wrong, and the others still be looked at.
        var route = Try(findings, "address", given.Route);
        using var client = route is null ? null : new StoreClient(route, credential: null, _environment.Time);
        var greeting = route is null || client is null ? null : await new NetworkCheck(findings, route, client, _environment.Time).RunAsync(cancellationToken);

        var access = Try(findings, "token", given.Access);
        if (access is { Credential: null })
            findings.Good("token", $"none yet: a ticket for deployment {access.Deployment}, which the first other command trades for one");
        if (access is not { Credential: { } credential })
            return (int)findings.ExitCode;

        // By the server's clock, which is the one that counts, where it is known.
        var mayWork = new TokenCheck(findings, greeting?.Date ?? _environment.Time.GetUtcNow(), plannedWait).Run(credential, access.Deployment);
        if (mayWork && greeting is not null && route is not null && client is not null)
            await AskAsync(findings, route, client, credential, access.Deployment, cancellationToken);
        return (int)findings.ExitCode;
    }

    private static T? Try<T>(Findings findings, string what, Func<T> find)
        where T : class
    {
        try
        {
            return find();
        }
        catch (CliException problem)
        {
            findings.Fail(what, problem.Message, problem.ExitCode);
            return null;
        }
    }

    private static async Task AskAsync(
        Findings findings, Route route, StoreClient client, Credential credential, string deployment, CancellationToken cancellationToken)
    {
        const string What = "access";
        var request = new StoreRequest(HttpMethod.Get, route.Address.Deployment(deployment, "values=false"));
        switch (await client.SendAsync(request, credential, Limit, Limit, cancellationToken))
        {
            case Reply { IsSuccess: true } reply when Listing.Read(reply.Body) is { } listing:
                if (listing.State == "failed")
                    findings.Warn(What, $"accepted, but the deployment has failed: {listing.Reason} (waits end at once with exit code 6; goterra-cli resume takes it back)");
                else
                    findings.Good(What, $"the server accepts it; {listing.AllKeys().Count()} keys");
                break;
            case Reply { IsTrouble: true } reply:
                findings.Fail(What, credential.Redact(reply.Explanation), ExitCode.Unreachable);
                break;
            case Reply reply:
                findings.Fail(What, credential.Redact(reply.IsSuccess ? "the answer is none of a goterra server" : reply.Explanation), Verdict.Of(reply.Status));
                break;
            case NoReply none:
                findings.Fail(What, none.Reason, ExitCode.Unreachable);
                break;
        }
    }
}
