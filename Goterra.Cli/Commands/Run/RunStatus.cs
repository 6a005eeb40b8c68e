using System.Text.Json;
using Goterra.Cli.Connection;

namespace Goterra.Cli.Apps;

/// <summary>How a command is that runs, or ran, on some machine.</summary>
/// <param name="State">For people.</param>
/// <param name="Rank">What has to be seen first has the lowest.</param>
/// <param name="Name">Of the app and its host.</param>
/// <param name="ExitCode">Null while it runs, or where nobody stored it.</param>
/// <param name="Seconds">How long it ran; null as above.</param>
/// <param name="Updated">When its status was stored.</param>
internal sealed record AppStatus(string State, int Rank, string Name, int? ExitCode, double? Seconds, string? Updated)
{
    public const string Died = "DIED";
    public const string Running = "running";

    /// <summary>Whether there are any.</summary>
    public static bool AreIn(Listing listing) => listing.AllKeys().Any(IsStatus);

    /// <param name="before">The keys, read first.</param>
    /// <param name="after">Status and records with their values, read after them.</param>
    public static IReadOnlyList<AppStatus> Read(Listing before, IReadOnlyList<Listing> after)
    {
        var values = after.SelectMany(listing => listing.Values()).ToDictionary();
        var updates = after.SelectMany(listing => listing.AllKeys()).ToDictionary(key => key.Key ?? "", key => key.Updated);
        var keys = before.AllKeys().Where(key => key.Key is not null).ToDictionary(key => key.Key ?? "", key => key.Updated);
        return [.. before.AllKeys().Where(IsStatus)
            .Select(key => Of(key, keys, values, updates))
            .OrderBy(app => app.Rank).ThenBy(app => app.Name, StringComparer.Ordinal)];
    }

    private static bool IsStatus(ListedKey key) => key.Key is { } name && name.StartsWith(AppKeys.StatusPrefix, StringComparison.Ordinal);

    private static AppStatus Of(
        ListedKey key, Dictionary<string, string?> keys, Dictionary<string, string> values, Dictionary<string, string?> updates)
    {
        var suffix = (key.Key ?? "")[AppKeys.StatusPrefix.Length..];
        var status = values.GetValueOrDefault(key.Key ?? "") ?? "?";
        var recordKey = AppKeys.RecordPrefix + suffix;
        var record = values.GetValueOrDefault(recordKey) is { } json ? ReadRecord(json) : null;
        var name = record is { Name: { } app, Host: { } host } ? $"{app} on {host}" : suffix;
        // A heartbeat that was not there may have begun since: then the record is a new one.
        var isSame = keys.GetValueOrDefault(recordKey) is { } updated && updates.GetValueOrDefault(recordKey) == updated;
        var (state, rank) = (record?.State ?? status) switch
        {
            "start" when record is null => ("start", 3),
            "start" when keys.ContainsKey(AppKeys.HeartbeatPrefix + suffix) || !isSame => (Running, 2),
            "start" => (Died, 0),
            "failed" => ("failed", 1),
            "over" => ("over", 4),
            var other => (other.Length > 20 ? other[..20] : other, 3),
        };
        return new AppStatus(state, rank, name, record?.ExitCode, record?.Seconds, key.Updated);
    }

    private static AppRecord? ReadRecord(string json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, WireJson.Default.AppRecord);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
