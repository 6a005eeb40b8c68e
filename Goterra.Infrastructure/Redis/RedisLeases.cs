using Goterra.Core.Deployments;
using Goterra.Core.Model;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Goterra.Infrastructure.Redis;

/// <summary>
/// Removes expired leases and wakes waiting requests. Whether a lease has expired is decided by the clock of the store
/// on each access; every instance sweeps all leases, because the one that took a lease may have crashed. A lease has an
/// entry in <c>leases</c> from before it is taken until it is removed. Concurrent sweeps are harmless.
/// </summary>
internal sealed partial class RedisLeases(
    RedisConnection store, RedisKeys keys, TimeProvider time, ILogger<RedisLeases> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// Schedules a check at the end of the lease: before the lease is taken, so that a crash leaves no lease without an
    /// entry; and again afterwards, because the sweep of an earlier lease may have removed the entry.
    /// </summary>
    public Task ScheduleSweepAsync(DeploymentId id, ValueKey key, TimeSpan life, CancellationToken cancellationToken) =>
        LookAsync($"{id} {key}", RedisArguments.Milliseconds(life), RedisValue.EmptyString, cancellationToken);

    /// <summary>The same after the lease was taken. It does not fail: the lease is already stored.</summary>
    public async Task TryScheduleSweepAsync(DeploymentId id, ValueKey key, TimeSpan life)
    {
        try
        {
            await ScheduleSweepAsync(id, key, life, CancellationToken.None);
        }
        catch (StoreUnavailableException)
        {
            // The first entry usually exists, and waiting requests re-read from time to time.
        }
    }

    /// <summary>
    /// Renews a lease whose value is unchanged. The condition is checked here, and the tag again in the store.
    /// </summary>
    /// <param name="fingerprints">Of a replayable write: a known idempotency key is answered before anything else is
    /// checked.</param>
    /// <returns>Null if it is not a renewal: the value differs, or the key is absent.</returns>
    public async Task<Outcome?> TryRenewAsync(
        ValueWrite write, TimeSpan life, ReadOnlyMemory<byte> value, ValueReading found, RedisValue fingerprints,
        CancellationToken cancellationToken)
    {
        if (found.Value is not { Expires: not null } held || !write.Condition.Nonces.Contains(held.Tag.Nonce)
            || !held.Bytes.Span.SequenceEqual(value.Span))
            return null;

        return RedisReplies.Outcome(await store.EvaluateAsync(
            RedisScripts.Renew,
            [
                keys.Record(write.Id), keys.Index(write.Id), keys.Value(write.Id, write.Key.Text),
                keys.Value(write.Id, (write.Fence?.Key ?? write.Key).Text),
                keys.Replay(write.Id, write.IdempotencyKey),
            ],
            [
                RedisArguments.Proof(write.Epoch), write.Key.Text, held.Tag.Nonce,
                RedisArguments.Milliseconds(life), RedisArguments.Of(write.Fence), fingerprints,
            ],
            cancellationToken));
    }

    /// <summary>Removes expired leases.</summary>
    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        var due = await store.EvaluateAsync(RedisScripts.Due, [keys.Leases], [], cancellationToken);
        for (var i = 0; i < due.Length; i += 2)
        {
            var (member, score) = ((string)due[i]!, (string)due[i + 1]!);
            var blank = member.IndexOf(' ', StringComparison.Ordinal);
            var (id, key) = (DeploymentId.Parse(member[..blank]), ValueKey.Parse(member[(blank + 1)..]));
            var reply = await store.EvaluateAsync(
                RedisScripts.ExpireLease,
                [keys.Record(id), keys.Names(id), keys.Index(id), keys.Value(id, key.Text), keys.Events(id)],
                [key.Text, store.Publication(id), ChangeMessage.Key(id, key)],
                cancellationToken);

            // Unless it was taken or renewed meanwhile: that entry stands.
            await LookAsync(member, (string?)reply[0] == "lives" ? (string)reply[1]! : "-", score, cancellationToken);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await SweepAsync(stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                // An expired lease counts as absent even before it is swept. The next round removes it.
                Log.Failed(logger, e.GetType().Name);
            }
        }
    }

    private Task<RedisResult[]> LookAsync(
        string member, RedisValue after, RedisValue score, CancellationToken cancellationToken) =>
        store.EvaluateAsync(RedisScripts.Lease, [keys.Leases], [member, after, score], cancellationToken);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Debug, "Could not remove expired leases ({Cause}). Retrying in 500 ms.")]
        public static partial void Failed(ILogger logger, string cause);
    }
}
