using Goterra.Core.Access;
using Goterra.Core.Deployments;
using StackExchange.Redis;

namespace Goterra.Infrastructure.Redis;

/// <summary>
/// Removes what belongs to deployments that do not live any more, however they ended and whoever died on the way: each stands in <c>ends</c> from
/// before its end until nothing of it is left.
/// </summary>
internal sealed class RedisRemoval(RedisConnection store, RedisKeys keys, IAccessRepository access, RedisDeploymentIndex index, TimeProvider time)
{
    /// <summary>Schedules a look at the deployment after this time.</summary>
    public Task<bool> ScheduleCleanupAsync(DeploymentId id, TimeSpan after, CancellationToken cancellationToken) => ScheduleCleanupAsync(id, time.GetUtcNow() + after, cancellationToken);

    /// <summary>Schedules the cleanup of a deployment that is about to be deleted. A full store refuses that, and deletes all the same.</summary>
    public async Task TryScheduleCleanupAsync(DeploymentId id, CancellationToken cancellationToken)
    {
        try
        {
            await ScheduleCleanupAsync(id, TimeSpan.Zero, cancellationToken);
        }
        catch (StoreUnavailableException)
        {
            // If it is more than full, the deletion that follows will tell.
        }
    }

    /// <summary>Ends deployments whose time is over, and removes what is left of deleted ones.</summary>
    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        var due = await store.CallAsync(
            db => db.SortedSetRangeByScoreAsync(keys.Ends, stop: time.GetUtcNow().ToUnixTimeMilliseconds(), take: 1000), cancellationToken);
        foreach (var member in due)
        {
            if (!DeploymentId.TryParse(member, out var id))
                continue;

            var reply = await store.EvaluateAsync(
                RedisScripts.Expire, [keys.Record(id), keys.Tombstone(id)], [keys.Changes.ToString(), ChangeMessage.All(id)], cancellationToken);
            if ((string?)reply[0] == "over")
                await RemoveDataAsync(id, cancellationToken);
            else
                await ScheduleCleanupAsync(id, NextLook((long)reply[1]), cancellationToken);
        }
    }

    // The deployment is deleted already: whether the caller is still there, or the store, changes nothing about that.
    public async Task TryRemoveAsync(DeploymentId id)
    {
        try
        {
            await RemoveDataAsync(id, CancellationToken.None);
        }
        catch (StoreUnavailableException)
        {
            // It stands in "ends": the sweeper goes on from here.
        }
    }

    // Values first and names last: whoever dies in between leaves the names of what is still to be removed.
    private async Task RemoveDataAsync(DeploymentId id, CancellationToken cancellationToken)
    {
        while (true)
        {
            var names = await store.CallAsync(db => db.SortedSetRangeByRankAsync(keys.Names(id), 0, 499), cancellationToken);
            if (names.Length == 0)
                break;

            await store.CallAsync(db => db.KeyDeleteAsync([.. names.Select(name => keys.Value(id, name!))]), cancellationToken);
            await store.CallAsync(db => db.SortedSetRemoveAsync(keys.Names(id), names), cancellationToken);
        }

        await store.CallAsync(db => db.KeyDeleteAsync([keys.Names(id), keys.Index(id), keys.Events(id), keys.Security(id), keys.Tickets(id), keys.Misuse(id)]), cancellationToken);
        if (await access.OwnershipAsync(id, cancellationToken) is { } own)
            await index.RemoveAsync(id, own.Owner, own.Namespace, cancellationToken);
        await store.CallAsync(db => db.SortedSetRemoveAsync(keys.Ends, id.ToString()), cancellationToken);
    }

    private Task<bool> ScheduleCleanupAsync(DeploymentId id, DateTimeOffset at, CancellationToken cancellationToken) =>
        store.CallAsync(db => db.SortedSetAddAsync(keys.Ends, id.ToString(), at.ToUnixTimeMilliseconds()), cancellationToken);

    // One that lives without an end stands there because a deletion was refused, or died before it did anything.
    private DateTimeOffset NextLook(long expires) =>
        expires == 0 ? time.GetUtcNow() + TimeSpan.FromHours(1) : DateTimeOffset.FromUnixTimeMilliseconds(expires);
}
