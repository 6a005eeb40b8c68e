using System.Globalization;
using Goterra.Cli.Output;
using Goterra.Cli.Protocol;

namespace Goterra.Cli.Commands.Status;

/// <summary>
/// Describes the waits that have timed out within the last hour, and whose key or keys do not exist yet.
/// </summary>
internal static class TimedOutLines
{
    private const int MaxLines = 5;
    private static readonly TimeSpan Recent = TimeSpan.FromHours(1);

    public static IReadOnlyList<string> Of(DeploymentOverview listing, DateTimeOffset now)
    {
        var keys = listing.AllKeys().Select(entry => entry.Key).ToHashSet(StringComparer.Ordinal);
        var groups = (listing.Ended ?? []).OfType<EndedWaitEntry>()
            .Where(wait => wait is { Result: "timed_out", Since: not null, Ended: not null }
                && now - wait.Ended < Recent && !IsMet(wait, keys))
            .GroupBy(wait => (wait.Key, wait.Prefix, wait.Count))
            .ToList();
        var lines = groups.Take(MaxLines).Select(group => Describe(group.ToList(), now)).ToList();
        return groups.Count <= MaxLines ? lines : [.. lines, $"... and {groups.Count - MaxLines} more"];
    }

    private static bool IsMet(EndedWaitEntry wait, HashSet<string?> keys) => wait.Key is not null
        ? keys.Contains(wait.Key)
        : wait.Prefix is { } prefix
            && keys.Count(key => key?.StartsWith(prefix, StringComparison.Ordinal) == true) >= (wait.Count ?? 1);

    /// <param name="waits">Those for the same, latest first.</param>
    /// <param name="now">By the server's clock.</param>
    private static string Describe(List<EndedWaitEntry> waits, DateTimeOffset now)
    {
        var last = waits[0];
        var subject = last.Key is { } key ? StatusWriter.Escape(key)
            : string.Create(
                CultureInfo.InvariantCulture, $"{last.Count ?? 1} of {StatusWriter.Escape(last.Prefix ?? "?")}*");
        var waited = last is { Since: { } since, Ended: { } ended } ? Humanizer.Duration(ended - since) : "-";
        var age = Humanizer.Duration(now - (last.Ended ?? now));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{subject}: {waits.Count} timed out, most recently {age} ago after waiting {waited} (")
            + StatusWriter.Escape(last.Client ?? "?") + ")";
    }
}
