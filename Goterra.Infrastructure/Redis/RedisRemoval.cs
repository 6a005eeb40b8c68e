using Goterra.Core.Deployments;
using Goterra.Core.Model;
using Goterra.Core.Tokens;

namespace Goterra.Infrastructure.Redis;

/// <summary>
/// Removes the data of deleted and expired deployments. Each has an entry in <c>ends</c> from before its end until all
/// of its data is removed, so that another instance can complete the work after a crash.
/// </summary>
internal sealed class RedisRemoval(
    RedisConnection store, RedisKeys keys, IAccessRepository access, RedisDeploymentIndex index, TimeProvider time)
{
    private const int KeysPerPage = 1000;

    /// <summary>Schedules a check of the deployment after this time.</summary>
    public Task<bool> ScheduleCleanupAsync(DeploymentId id, TimeSpan after, CancellationToken cancellationToken) =>
        ScheduleCleanupAsync(id, time.GetUtcNow() + after, cancellationToken);

    /// <summary>
    /// Schedules the cleanup of a deployment that is about to be deleted. A full store refuses that, and deletes all
    /// the same.
    /// </summary>
    public async Task TryScheduleCleanupAsync(DeploymentId id, CancellationToken cancellationToken)
    {
        try
        {
            await ScheduleCleanupAsync(id, TimeSpan.Zero, cancellationToken);
        }
        catch (StoreUnavailableException)
        {
            // The deletion that follows reports the error if it fails too.
        }
    }

    /// <summary>Deletes expired deployments and removes the remaining data of deleted ones.</summary>
    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        var due = await store.CallAsync(
            db => db.SortedSetRangeByScoreAsync(
                keys.Ends, stop: time.GetUtcNow().ToUnixTimeMilliseconds(), take: 1000), cancellationToken);
        foreach (var member in due)
        {
            if (!DeploymentId.TryParse(member, out var id))
                continue;

            var reply = await store.EvaluateAsync(
                RedisScripts.Expire,
                [keys.Record(id), keys.Tombstone(id), keys.Names(id), keys.Index(id), keys.Lost(id)],
                [store.Publication(id), ChangeMessage.All(id)],
                cancellationToken);
            if ((string?)reply[0] == "over")
                await RemoveDataAsync(id, cancellationToken);
            else
                await ScheduleCleanupAsync(id, NextLook((long)reply[1]), cancellationToken);
        }
    }

    // Runs to its end even if the caller disconnects: the deployment is already deleted.
    public async Task TryRemoveAsync(DeploymentId id)
    {
        try
        {
            await RemoveDataAsync(id, CancellationToken.None);
        }
        catch (StoreUnavailableException)
        {
            // It has an entry in "ends": the sweeper continues.
        }
    }

    // Values first, names last: after a crash, the names of the remaining values are still known.
    private async Task RemoveDataAsync(DeploymentId id, CancellationToken cancellationToken)
    {
        while (true)
        {
            var names = await store.CallAsync(
                db => db.SortedSetRangeByRankAsync(keys.Names(id), 0, 499), cancellationToken);
            if (names.Length == 0)
                break;

            await store.CallAsync(
                db => db.KeyDeleteAsync([.. names.Select(name => keys.Value(id, name!))]), cancellationToken);
            await store.CallAsync(db => db.SortedSetRemoveAsync(keys.Names(id), names), cancellationToken);
        }

        if (await store.CallAsync(db => db.KeyExistsAsync(keys.Lost(id)), cancellationToken))
            await RemoveRestAsync(id, cancellationToken);
        await store.CallAsync(
            db => db.KeyDeleteAsync(
            [
                keys.Lost(id), keys.Names(id), keys.Index(id), keys.Events(id), keys.Security(id), keys.Tickets(id),
                keys.Misuse(id), keys.Failures(id), keys.EndedWaits(id), keys.Switches(id),
            ]),
            cancellationToken);
        if (await access.FindOwnershipAsync(id, cancellationToken) is { } own)
            await index.RemoveAsync(id, own.Owner, own.Namespace, cancellationToken);
        await store.CallAsync(db => db.SortedSetRemoveAsync(keys.Ends, id.ToString()), cancellationToken);
    }

    // Names of keys were lost: their values are found only by a scan.
    private Task<bool> RemoveRestAsync(DeploymentId id, CancellationToken cancellationToken) => store.CallAsync(
        async db =>
        {
            await foreach (var key in RedisScan
                .FindAsync(store.Redis, keys.Anything(id), int.MaxValue, KeysPerPage, cancellationToken))
            {
                if (key != keys.Tombstone(id) && key != keys.Lost(id))
                    await db.KeyDeleteAsync(key);
            }

            return true;
        },
        cancellationToken);

    private Task<bool> ScheduleCleanupAsync(DeploymentId id, DateTimeOffset at, CancellationToken cancellationToken) =>
        store.CallAsync(
            db => db.SortedSetAddAsync(keys.Ends, id.ToString(), at.ToUnixTimeMilliseconds()), cancellationToken);

    // An entry without an expiry is left of a deletion that was refused or interrupted.
    private DateTimeOffset NextLook(long expires) =>
        expires == 0 ? time.GetUtcNow() + TimeSpan.FromHours(1) : DateTimeOffset.FromUnixTimeMilliseconds(expires);
}
