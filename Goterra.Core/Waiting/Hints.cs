using System.Collections.Concurrent;
using System.Globalization;
using Goterra.Core.Deployments;
using Goterra.Core.Model;

namespace Goterra.Core.Waiting;

/// <summary>
/// Describes what looks wrong with the waits of a deployment. The work is bounded: at most 20 keys against 1,000
/// others.
/// </summary>
internal static class Hints
{
    private const int MaxWaited = 20;
    private const int MaxCandidates = 1000;
    private const int MaxNamed = 3;

    public static string Failed(string reason) => $"the deployment has failed: {reason}";

    public static IReadOnlyList<string> For(
        Deployment deployment, IReadOnlyList<KeyInfo> keys, IReadOnlyList<WaitInfo> waiting)
    {
        var hints = new List<string>();
        if (deployment.FailedBecause is { } reason)
            hints.Add(Failed(reason));

        var existing = keys.Select(key => key.Key).ToHashSet();
        var candidates = keys.Take(MaxCandidates).Select(key => key.Key).ToList();
        foreach (var waited in waiting.Where(wait => wait.Key is not null).GroupBy(wait => wait.Key!).Take(MaxWaited))
        {
            // A wait for a change of an existing key needs no hint.
            if (existing.Contains(waited.Key))
                continue;

            var nearest = NearestName.Find(waited.Key, candidates);
            hints.Add($"{Count(waited)} for `{waited.Key}`{Named(waited)}" + (nearest is null
                ? ", which does not exist yet"
                : $"; the nearest existing key is `{nearest}`"));
        }

        List<string>? prefixes = null;
        foreach (var barrier in waiting.Where(wait => wait.Prefix is not null).GroupBy(wait => (wait.Prefix,
            wait.Count)).Take(MaxWaited))
        {
            var have = existing.Count(key => key.StartsWith(barrier.Key.Prefix!, StringComparison.Ordinal));
            var nearest = have > 0 ? null : NearestName.Find(barrier.Key.Prefix!, prefixes ??= Prefixes(candidates));
            hints.Add(string.Create(
                CultureInfo.InvariantCulture,
                $"{Count(barrier)} for {barrier.Key.Count} keys under `{barrier.Key.Prefix}`{Named(barrier)}; there "
                + $"are {have}{(nearest is null ? "" : $"; the nearest existing prefix is `{nearest}`")}"));
        }

        return hints;
    }

    /// <summary>Finds the key whose name is closest to one that does not exist; null if none is close.</summary>
    public static string? NearestKey(string wanted, IReadOnlyList<KeyInfo> keys) =>
        NearestName.Find(wanted, [.. keys.Take(MaxCandidates).Select(key => key.Key)]);

    /// <summary>
    /// Finds the prefix, up to a slash, that is closest to one that no key has; null if none is close.
    /// </summary>
    public static string? NearestPrefix(string wanted, IReadOnlyList<KeyInfo> keys) =>
        NearestName.Find(wanted, Prefixes(keys.Take(MaxCandidates).Select(key => key.Key)));

    private static List<string> Prefixes(IEnumerable<string> keys) =>
        [.. keys.SelectMany(key => Prefixes(key)).Distinct()];

    private static IEnumerable<string> Prefixes(string key)
    {
        for (var slash = key.IndexOf('/'); slash >= 0; slash = key.IndexOf('/', slash + 1))
            yield return key[..(slash + 1)];
    }

    private static string Count(IEnumerable<WaitInfo> waits) => waits.Count() is > 1 and var count
        ? string.Create(CultureInfo.InvariantCulture, $"{count} clients wait")
        : "1 client waits";

    /// <summary>The first of the clients that wait, in parentheses.</summary>
    private static string Named(IEnumerable<WaitInfo> waits)
    {
        var clients = waits.Select(wait => wait.Client).Where(client => client.Length > 0).Distinct().ToList();
        var more = clients.Count > MaxNamed
            ? string.Create(CultureInfo.InvariantCulture, $" and {clients.Count - MaxNamed} more")
            : "";
        return clients.Count == 0 ? "" : $" ({string.Join(", ", clients.Take(MaxNamed))}{more})";
    }
}

/// <summary>
/// Caches hints as long as neither the deployment nor its waits change: status pages poll.
/// </summary>
public sealed class HintCache
{
    private const int MaxDeployments = 1000;

    private readonly ConcurrentDictionary<DeploymentId,
    (long? Revision, int Waits, IReadOnlyList<string> Hints)> _known = [];

    internal IReadOnlyList<string> For(
        Deployment deployment, IReadOnlyList<KeyInfo> keys, IReadOnlyList<WaitInfo> waiting)
    {
        var waits = new HashCode();
        waits.Add(deployment.FailedBecause);
        foreach (var wait in waiting)
            waits.Add(wait.Id);
        var fingerprint = waits.ToHashCode();
        if (_known.TryGetValue(deployment.Id,
            out var known) && known.Revision == deployment.Revision && known.Waits == fingerprint)
            return known.Hints;

        if (_known.Count >= MaxDeployments)
            _known.Clear();
        var hints = Hints.For(deployment, keys, waiting);
        _known[deployment.Id] = (deployment.Revision, fingerprint, hints);
        return hints;
    }
}
