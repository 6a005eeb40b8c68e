using System.CommandLine;
using Goterra.Cli.Apps;
using Goterra.Cli.Connection;
using Goterra.Cli.Output;

namespace Goterra.Cli.Commands;

/// <summary>`status`: what a person wants to see who is called at night because an installation hangs.</summary>
internal sealed class StatusCommand : Command
{
    private readonly SessionFactory _sessions;
    private readonly CliEnvironment _environment;

    private readonly Option<bool> _all = new("--all") { Description = "All keys; else the first 50" };
    private readonly Option<bool> _json = new("--json") { Description = "The server's answer as it is" };

    public StatusCommand(SessionFactory sessions, CliEnvironment environment)
        : base("status", "Show the deployment's state, its keys with age and size but no content, who waits for what, and hints")
    {
        (_sessions, _environment) = (sessions, environment);
        Add(_all);
        Add(_json);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        const string Doing = "status";
        using var session = _sessions.ForDeployment(parsed, _sessions.Timeout(parsed, SessionFactory.DefaultTimeout));
        var request = new StoreRequest(HttpMethod.Get, session.Address.Deployment(session.Deployment, "values=false"));

        var (reply, _) = await session.Patient.SendAsync(Doing, request, cancellationToken);
        if (!reply.IsSuccess)
            throw session.Failure(Doing, reply);
        var listing = Listing.Read(reply.Body) ?? throw Verdict.NotOurs(Doing);

        var output = new ValueOutput(_environment.Output);
        if (parsed.GetValue(_json))
        {
            output.WriteJson(reply.Body);
            return (int)ExitCode.Done;
        }

        // Ages by the clock that the times are from: this machine's may be wrong.
        var apps = AppStatus.AreIn(listing) ? AppStatus.Read(listing, await AppsAsync(session, cancellationToken)) : [];
        var report = new StatusReport(listing, session.Deployment, reply.Date ?? _environment.Time.GetUtcNow()) { Apps = apps };
        output.WriteText(report.ToText(parsed.GetValue(_all)));
        return (int)ExitCode.Done;
    }

    /// <summary>The state of a command is in a value, and values are not in the listing.</summary>
    private static async Task<IReadOnlyList<Listing>> AppsAsync(Session session, CancellationToken cancellationToken)
    {
        var listings = new List<Listing>();
        foreach (var prefix in (string[])[AppKeys.StatusPrefix, AppKeys.RecordPrefix])
        {
            var request = new StoreRequest(HttpMethod.Get, session.Address.Deployment(session.Deployment, $"filter={prefix}"));
            var (reply, _) = await session.Patient.SendAsync("status", request, cancellationToken);
            if (!reply.IsSuccess)
                throw session.Failure("status", reply);
            listings.Add(Listing.Read(reply.Body) ?? throw Verdict.NotOurs("status"));
        }

        return listings;
    }
}
