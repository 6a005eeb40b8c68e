using System.CommandLine;
using Goterra.Cli.Commands.Run;
using Goterra.Cli.Commands.Status;
using Goterra.Cli.Http;
using Goterra.Cli.Protocol;
using Goterra.Cli.Runtime;
using Goterra.Cli.Sessions;

namespace Goterra.Cli.Commands;

/// <summary>`status`: shows on one screen why a deployment does not make progress.</summary>
internal sealed class StatusCommand : ClientCommand
{
    private readonly Option<bool> _all = new("--all") { Description = "Show all keys instead of the first 50" };
    private readonly Option<bool> _json = new("--json") { Description = "Print the server's response" };

    public StatusCommand(CommandContext context)
        : base(
            "status",
            "Show the state of the deployment, its keys with age and size (but not the values), waiting clients, "
            + "and hints",
            context)
    {
        Add(_all);
        Add(_json);
    }

    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var session = Sessions.ForDeployment(parsed);
        var request = StoreRequest.Get(session.DeploymentUrl("values=false&security=true"));
        var response = await session.SendAsync(Name, request, cancellationToken);
        var listing = DeploymentOverview.TryRead(response.Body) ?? throw ExitCodes.NotGoterra(Name);
        if (parsed.GetValue(_json))
        {
            Output.WriteJson(response.Body);
            return (int)ExitCode.Done;
        }

        // Ages relative to the server's clock, which set the times. This machine's may be wrong.
        var now = response.Date ?? Environment.Time.GetUtcNow();
        var apps = RunStatus.AreIn(listing)
            ? RunStatus.Read(listing, await ReadRunsAsync(session, cancellationToken))
            : [];
        var report = new StatusReport(listing, session.Deployment, now) { Apps = apps };
        Output.WriteText(report.ToText(parsed.GetValue(_all)));
        return (int)ExitCode.Done;
    }

    /// <summary>Reads the values that `run` has stored, which the first listing does not include.</summary>
    private async Task<IReadOnlyList<DeploymentOverview>> ReadRunsAsync(
        Session session, CancellationToken cancellationToken)
    {
        var listings = new List<DeploymentOverview>();
        foreach (var prefix in (string[])[RunKeys.StatusPrefix, RunKeys.RecordPrefix])
        {
            var request = StoreRequest.Get(session.DeploymentUrl($"filter={prefix}"));
            var response = await session.SendAsync(Name, request, cancellationToken);
            listings.Add(DeploymentOverview.TryRead(response.Body) ?? throw ExitCodes.NotGoterra(Name));
        }

        return listings;
    }
}
