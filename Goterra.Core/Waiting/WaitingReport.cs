using Goterra.Core.Access;
using Goterra.Core.Deployments;

namespace Goterra.Core.Waiting;

/// <summary>Answers "what is everybody waiting for?", on all instances.</summary>
public sealed class WaitingReport(IDeploymentRepository repository, IWaitingBoard board, WaitingList list, HintCache hints)
{
    public static readonly (IReadOnlyList<Waiting> Waiting, IReadOnlyList<string> Hints) Nothing = ([], []);

    /// <param name="listing">The deployment as it was just listed, maybe narrowed to a prefix, and to what the caller may read.</param>
    public async Task<(IReadOnlyList<Waiting> Waiting, IReadOnlyList<string> Hints)> OfAsync(
        Caller caller, DeploymentListing listing, CancellationToken cancellationToken)
    {
        var deployment = caller.Deployment;
        var mine = list.Of(deployment);
        var others = await board.OthersAsync(deployment, cancellationToken);

        // A wait that just moved to another instance is on two lists for a moment: it is one, since its beginning.
        IReadOnlyList<Waiting> waiting =
        [
            .. mine.Concat(others)
                .Where(wait => wait.IsShownTo(caller))
                .GroupBy(wait => (wait.Id, wait.Key, wait.Prefix, wait.Count))
                .Select(same => same.MinBy(wait => wait.Since)!)
                .OrderBy(wait => wait.Since),
        ];
        if (waiting.Count == 0)
            return (waiting, listing.Deployment.FailedBecause is { } reason ? [Hints.Failed(reason)] : []);

        var keys = await KeysAsync(caller, listing, cancellationToken);

        // What is remembered is what everything that there is comes to.
        return (waiting, caller.Scope.IsFull ? hints.For(listing.Deployment, keys, waiting) : Hints.For(listing.Deployment, keys, waiting));
    }

    private async Task<IReadOnlyList<KeyInfo>> KeysAsync(Caller caller, DeploymentListing listing, CancellationToken cancellationToken) =>
        listing.Prefix == KeyPrefix.All
            ? listing.Keys
            : (await repository.ListAsync(caller.Deployment, KeyPrefix.All, cancellationToken))?.For(caller).Keys ?? [];
}
