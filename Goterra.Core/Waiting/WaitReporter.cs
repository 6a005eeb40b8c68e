using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Goterra.Core.Model;

namespace Goterra.Core.Waiting;

/// <summary>Reports who waits for what, on all instances.</summary>
public sealed class WaitReporter(
    IDeploymentRepository repository, IRemoteWaits remote, WaitRegistry registry, HintCache hints, IEndedWaits ended)
{
    /// <param name="listing">The listing just read, possibly restricted to a prefix and to what the caller may
    /// read.</param>
    public async Task<WaitReport> ReportAsync(
        Caller caller, DeploymentListing listing, CancellationToken cancellationToken)
    {
        var local = registry.List(caller.Deployment);
        var others = await remote.ListAsync(caller.Deployment, cancellationToken);

        // A wait that just moved to another instance is in both lists for a moment.
        IReadOnlyList<WaitInfo> waiting =
        [
            .. local.Concat(others)
                .Where(wait => wait.IsVisibleTo(caller))
                .GroupBy(wait => wait.Identity)
                .Select(same => same.MinBy(wait => wait.Since)! with { Until = same.Max(wait => wait.Until) })
                .OrderBy(wait => wait.Since),
        ];
        if (waiting.Count == 0)
            return new WaitReport(
                waiting, listing.Deployment.FailedBecause is { } reason ? [Hints.Failed(reason)] : []);

        // Only the hints for those who see all keys are cached: they cover everything.
        var keys = await KeysAsync(caller, listing, cancellationToken);
        return new WaitReport(waiting, caller.Scope.SeesAll
            ? hints.For(listing.Deployment, keys, waiting)
            : Hints.For(listing.Deployment, keys, waiting));
    }

    /// <summary>
    /// Lists the last waits that have ended, latest first. Empty for a narrowed caller. What other instances have held
    /// is up to 2 s old.
    /// </summary>
    /// <param name="current">The waits that go on: one of them may have paused between two requests.</param>
    public async Task<IReadOnlyList<EndedWait>> ListEndedAsync(
        Caller caller, WaitReport current, CancellationToken cancellationToken)
    {
        if (!caller.Scope.SeesAll)
            return [];

        var known = await ended.ListAsync(caller.Deployment, cancellationToken);
        var open = current.Waiting.Select(wait => wait.Identity).ToHashSet();
        return
        [
            .. known.Concat(registry.ListEnded(caller.Deployment))
                .Where(wait => !open.Contains(wait.Wait.Identity))
                .GroupBy(wait => wait.Wait.Identity)
                .Select(Merge)
                .OrderByDescending(wait => wait.Ended)
                .Take(IEndedWaits.MaxKept),
        ];
    }

    /// <summary>Counts the waits in several deployments, on all instances.</summary>
    public async Task<IReadOnlyDictionary<DeploymentId, WaitSummary>> SummarizeAsync(
        IReadOnlyList<DeploymentId> deployments, CancellationToken cancellationToken)
    {
        var others = await Task.WhenAll(deployments.Select(id => remote.ListAsync(id, cancellationToken)));
        return deployments.Zip(others)
            .Select(pair => (Id: pair.First, Waits: registry.List(pair.First).Concat(pair.Second)
                .GroupBy(wait => wait.Identity)
                .Select(same => same.Min(wait => wait.Since))
                .ToList()))
            .Where(pair => pair.Waits.Count > 0)
            .ToDictionary(pair => pair.Id, pair => new WaitSummary(pair.Waits.Count, pair.Waits.Min()));
    }

    private static EndedWait Merge(IEnumerable<EndedWait> same)
    {
        var last = same.MaxBy(wait => wait.Ended)!;
        return last with { Wait = last.Wait with { Since = same.Min(wait => wait.Wait.Since) } };
    }

    private async Task<IReadOnlyList<KeyInfo>> KeysAsync(
        Caller caller, DeploymentListing listing, CancellationToken cancellationToken) =>
        listing.Prefix == KeyPrefix.All
            ? listing.Keys
            : (await repository.ListAsync(caller.Deployment, KeyPrefix.All, cancellationToken))?.For(caller).Keys ?? [];
}

/// <param name="Since">When the oldest one began.</param>
public sealed record WaitSummary(int Count, DateTimeOffset Since);

/// <param name="Waiting">The waits, oldest first.</param>
/// <param name="Hints">What looks wrong, in words.</param>
public sealed record WaitReport(IReadOnlyList<WaitInfo> Waiting, IReadOnlyList<string> Hints)
{
    public static readonly WaitReport Empty = new([], []);
}
