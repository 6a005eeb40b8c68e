using System.Text;
using Goterra.Cli.Http;
using Goterra.Cli.Protocol;
using Goterra.Cli.Sessions;

namespace Goterra.Cli.Commands.Run;

/// <summary>Reads the end of the output that `run` has stored.</summary>
internal sealed class RunLogs(Session session, RetryingClient client)
{
    private const int MaxLogs = 5;
    private const int MaxLineLength = 200;

    /// <summary>Adds the last line of the output to commands that have failed, the first few of them.</summary>
    public async Task<IReadOnlyList<RunStatus>> AddLastLinesAsync(
        IReadOnlyList<RunStatus> apps, DeploymentOverview listing, CancellationToken cancellationToken)
    {
        var stored = listing.AllKeys().Select(key => key.Key).ToHashSet();
        var left = MaxLogs;
        var result = new List<RunStatus>();
        foreach (var app in apps)
        {
            var hasLog = app.IsBad && stored.Contains(RunKeys.LogPrefix + app.Suffix) && left-- > 0;
            result.Add(hasLog ? app with { LastLine = await ReadAsync(app, cancellationToken) } : app);
        }

        return result;
    }

    /// <summary>Returns null if there is no output, or the token may not read it.</summary>
    private async Task<string?> ReadAsync(RunStatus app, CancellationToken cancellationToken)
    {
        var request = StoreRequest.Get(session.ValueUrl(ValueKey.Parse(RunKeys.LogPrefix + app.Suffix))) with
        {
            Accept = "application/octet-stream",
            Content = ResponseContent.Value,
        };
        var (response, _) = await client.SendAsync("status", request, cancellationToken);
        if (!response.IsSuccess)
            return null;
        var lines = Encoding.UTF8.GetString(response.Body).Split('\n', StringSplitOptions.TrimEntries);
        var last = lines.LastOrDefault(line => line.Length > 0);
        return last is { Length: > MaxLineLength } ? last[..MaxLineLength] + "..." : last;
    }
}
