using System.Text;
using Goterra.Cli.Protocol;

namespace Goterra.Cli.Commands.Run;

/// <summary>The state of a command that `run` runs, or ran, on a machine.</summary>
/// <param name="State">As shown to people.</param>
/// <param name="Rank">The most important state has the lowest.</param>
/// <param name="Name">The names of the app and its host.</param>
/// <param name="ExitCode">Null while it runs, or if it was not stored.</param>
/// <param name="Seconds">The duration; null while it runs, or if it was not stored.</param>
/// <param name="Updated">When the status was stored.</param>
internal sealed record RunStatus(string State, int Rank, string Name, int? ExitCode, double? Seconds, string? Updated)
{
    public const string Died = "DIED";
    public const string Running = "running";

    private const int MaxStateLength = 20;

    /// <summary>The app and host in the names of its keys.</summary>
    public required string Suffix { get; init; }

    /// <summary>The last line of the output; null if there is none.</summary>
    public string? LastLine { get; init; }

    public bool IsBad => State is Died or "failed";

    public static bool AreIn(DeploymentOverview listing) => listing.AllKeys().Any(IsStatus);

    /// <param name="before">The keys, read first.</param>
    /// <param name="after">Status and records with their values, read later.</param>
    public static IReadOnlyList<RunStatus> Read(DeploymentOverview before, IReadOnlyList<DeploymentOverview> after)
    {
        var values = after.SelectMany(listing => listing.Values()).ToDictionary();
        var updates = after.SelectMany(listing => listing.AllKeys()).ToDictionary(
            key => key.Key ?? "", key => key.Updated);
        var keys = before.AllKeys().Where(key => key.Key is not null).ToDictionary(
            key => key.Key ?? "", key => key.Updated);
        return
        [
            .. before.AllKeys().Where(IsStatus)
                .Select(key => Create(key, keys, values, updates))
                .OrderBy(status => status.Rank).ThenBy(status => status.Name, StringComparer.Ordinal),
        ];
    }

    private static bool IsStatus(KeyEntry entry) =>
        entry.Key is { } name && name.StartsWith(RunKeys.StatusPrefix, StringComparison.Ordinal);

    /// <summary>For a token that reads no values: the states that `run` stores have different sizes.</summary>
    private static string StatusBySize(long size) =>
        RunKeys.States.FirstOrDefault(state => state.Length == size) ?? "?";

    private static RunStatus Create(
        KeyEntry entry,
        Dictionary<string, string?> keys,
        Dictionary<string, string> values,
        Dictionary<string, string?> updates)
    {
        var suffix = (entry.Key ?? "")[RunKeys.StatusPrefix.Length..];
        var status = values.GetValueOrDefault(entry.Key ?? "") ?? StatusBySize(entry.Size);
        var recordKey = RunKeys.RecordPrefix + suffix;
        var record = values.GetValueOrDefault(recordKey) is { } json
            ? ProtocolJson.TryRead(Encoding.UTF8.GetBytes(json), ProtocolJson.Default.RunRecord)
            : null;
        var name = record is { Name: { } app, Host: { } host } ? $"{app} on {host}" : suffix;
        // A missing heartbeat may have started between the two reads. If so, the record has changed.
        var isSame = keys.GetValueOrDefault(recordKey) is { } updated
            && updates.GetValueOrDefault(recordKey) == updated;
        var (state, rank) = (record?.State ?? status) switch
        {
            "start" when !keys.ContainsKey(recordKey) => ("start", 3),
            "start" when keys.ContainsKey(RunKeys.HeartbeatPrefix + suffix) || !isSame => (Running, 2),
            "start" => (Died, 0),
            "failed" => ("failed", 1),
            "over" => ("over", 4),
            var other => (other.Length > MaxStateLength ? other[..MaxStateLength] : other, 3),
        };
        return new RunStatus(state, rank, name, record?.ExitCode, record?.Seconds, entry.Updated) { Suffix = suffix };
    }
}
