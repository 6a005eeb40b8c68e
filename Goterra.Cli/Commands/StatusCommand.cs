using System.CommandLine;
using System.Net;
using System.Text;
using Goterra.Cli.Commands.Run;
using Goterra.Cli.Commands.Status;
using Goterra.Cli.Http;
using Goterra.Cli.Output;
using Goterra.Cli.Protocol;
using Goterra.Cli.Runtime;
using Goterra.Cli.Sessions;

namespace Goterra.Cli.Commands;

/// <summary>`status`: shows on one screen why a deployment does not make progress.</summary>
internal sealed class StatusCommand : ClientCommand
{
    private static readonly TimeSpan WatchInterval = TimeSpan.FromSeconds(2);

    private readonly Option<bool> _watch = new("--watch")
    {
        Description = "Show it again every 2 seconds, until the deployment is gone",
    };

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
        Add(_watch);
    }

    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var timeout = Sessions.Timeout(parsed, SessionFactory.DefaultTimeout);
        using var session = Sessions.ForDeployment(parsed, timeout);
        if (!parsed.GetValue(_watch))
        {
            var (report, _) = await ReadAsync(session, session.Client, parsed, cancellationToken);
            Output.Write(report, newline: false);
            return (int)ExitCode.Done;
        }

        byte[] last = [];
        while (true)
        {
            var (report, state) = await ReadAsync(session, session.WithTimeout(timeout), parsed, cancellationToken);
            if (Environment.OutputIsTerminal)
                Output.Write([.. Encoding.UTF8.GetBytes(TextStyle.ClearScreen), .. report], newline: false);
            // In a log, only if more has changed than the ages.
            else if (!state.AsSpan().SequenceEqual(last))
                Output.Write(last.Length == 0 ? report : [(byte)'\n', .. report], newline: false);
            last = state;
            await Task.Delay(WatchInterval, Environment.Time, cancellationToken);
        }
    }

    /// <summary>Returns the text to show, and the server's response.</summary>
    private async Task<(byte[] Report, byte[] State)> ReadAsync(
        Session session, RetryingClient client, ParseResult parsed, CancellationToken cancellationToken)
    {
        var response = await ReadAsync(session, client, "values=false&security=true&waits=ended", cancellationToken);
        var listing = DeploymentOverview.TryRead(response.Body) ?? throw ExitCodes.NotGoterra(Name);
        if (parsed.GetValue(_json))
            return ([.. response.Body.AsSpan().TrimEnd("\r\n"u8), (byte)'\n'], response.Body);

        // Ages relative to the server's clock, which set the times. This machine's may be wrong.
        var now = response.Date ?? Environment.Time.GetUtcNow();
        var runs = RunStatus.AreIn(listing) ? await ReadRunsAsync(session, client, cancellationToken) : [];
        var apps = runs.Count > 0
            ? await new RunLogs(session, client).AddLastLinesAsync(
                RunStatus.Read(listing, runs), listing, cancellationToken)
            : [];
        var report = new StatusReport(listing, session.Deployment, now) { Apps = apps, Style = Style };
        return (Encoding.UTF8.GetBytes(report.ToText(parsed.GetValue(_all))), response.Body);
    }

    /// <summary>
    /// Reads the values that `run` has stored, which the first listing does not include; their keys alone for a token
    /// that reads no values, and none for one that may not read those.
    /// </summary>
    private async Task<IReadOnlyList<DeploymentOverview>> ReadRunsAsync(
        Session session, RetryingClient client, CancellationToken cancellationToken)
    {
        var listings = new List<DeploymentOverview>();
        foreach (var prefix in (string[])[RunKeys.StatusPrefix, RunKeys.RecordPrefix])
        {
            var response = await SendAsync(session, client, $"filter={prefix}", cancellationToken);
            // A token that reads no values: the keys say enough.
            if (response.Status == HttpStatusCode.Forbidden)
                response = await SendAsync(session, client, $"filter={prefix}&values=false", cancellationToken);
            if (response.Status == HttpStatusCode.Forbidden)
                return [];
            if (!response.IsSuccess)
                throw session.Failure(Name, response);
            listings.Add(DeploymentOverview.TryRead(response.Body) ?? throw ExitCodes.NotGoterra(Name));
        }

        return listings;
    }

    private async Task<StoreResponse> ReadAsync(
        Session session, RetryingClient client, string query, CancellationToken cancellationToken)
    {
        var response = await SendAsync(session, client, query, cancellationToken);
        return response.IsSuccess ? response : throw session.Failure(Name, response);
    }

    private async Task<StoreResponse> SendAsync(
        Session session, RetryingClient client, string query, CancellationToken cancellationToken)
    {
        var (response, _) = await client.SendAsync(
            Name, StoreRequest.Get(session.DeploymentUrl(query)), cancellationToken);
        return response;
    }
}
