using System.Security.Cryptography;
using Goterra.Infrastructure.Encryption;
using StackExchange.Redis;

namespace Goterra.Infrastructure.Redis;

internal enum StoreOwner
{
    Us,

    /// <summary>The check value was of another secret, but the deployments are ours. It was restored.</summary>
    UsOverwritten,

    Other,
}

/// <summary>
/// Decides whether the store belongs to an installation with this secret, by the check value in it. If that is of
/// another secret, the deployments decide: an installation that owns the deployments continues, and restores the check
/// value.
/// </summary>
internal sealed class RedisClaim(SecretRing secrets, RedisKeys keys, TimeProvider time)
{
    private const int MaxPages = 100;
    private const int KeysPerPage = 1000;
    private const int MaxRecords = 1000;

    // Anyone can trigger a check by creating a deployment.
    private static readonly TimeSpan SampleInterval = TimeSpan.FromSeconds(5);

    private long? _sampledAt;

    /// <summary>Claims an empty store.</summary>
    /// <param name="redis">The connection.</param>
    /// <param name="isVerified">The store was ours before.</param>
    /// <param name="call">Translates the errors of a call.</param>
    public async Task<StoreOwner> CheckAsync(
        ConnectionMultiplexer redis, bool isVerified, Func<Func<IDatabase, Task<byte[]?>>, Task<byte[]?>> call)
    {
        byte[] mine = SecretKeys.Check(secrets.Current);
        var found = await call(db => ClaimedByAsync(db, mine)) ?? [];
        if (CryptographicOperations.FixedTimeEquals(found, mine))
            return StoreOwner.Us;

        var isPrevious = secrets.Previous.Any(
            previous => CryptographicOperations.FixedTimeEquals(found, SecretKeys.Check(previous.Secret)));
        if (!isPrevious && !await HasOurDeploymentsAsync(redis, call))
            return StoreOwner.Other;

        // Once: during a rotation, instances with the old secret and with the new one would overwrite each other's.
        if (!isPrevious || !isVerified)
            await call(async db => await db.StringSetAsync(keys.Secret, mine) ? mine : null);
        return isPrevious ? StoreOwner.Us : StoreOwner.UsOverwritten;
    }

    // Reads before it writes: a full store stays readable.
    private async Task<byte[]?> ClaimedByAsync(IDatabase db, byte[] mine)
    {
        if ((byte[]?)await db.StringGetAsync(keys.Secret) is { } found)
            return found;

        await db.StringSetAsync(keys.Secret, mine, when: When.NotExists);
        return await db.StringGetAsync(keys.Secret);
    }

    /// <summary>Whether most deployments, of a sample, were created with one of our secrets.</summary>
    private async Task<bool> HasOurDeploymentsAsync(
        ConnectionMultiplexer redis, Func<Func<IDatabase, Task<byte[]?>>, Task<byte[]?>> call)
    {
        if (_sampledAt is { } at && time.GetElapsedTime(at) < SampleInterval)
            return false;

        _sampledAt = time.GetTimestamp();
        HashSet<string> ours = [.. secrets.All.Select(SecretKeys.IdText)];
        var (own, foreign) = (0, 0);
        await call(async db =>
        {
            try
            {
                await foreach (var record in RedisScan.FindAsync(redis, keys.AnyRecord, MaxPages, KeysPerPage))
                {
                    if ((string?)await db.HashGetAsync(record, "secret") is { } id)
                        (own, foreign) = ours.Contains(id) ? (own + 1, foreign) : (own, foreign + 1);
                    if (own + foreign >= MaxRecords)
                        break;
                }
            }
            catch (RedisServerException e) when (RedisErrors.IsRefusal(e))
            {
                // Without the permission for SCAN, the check value alone decides.
            }

            return null;
        });
        if (own <= foreign)
            return false;

        _sampledAt = null;
        return true;
    }
}
