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
/// <remarks>
/// While no instance sweeps, or the store is full, leases could not be renewed: switches then fire only after the
/// leases had their full time again. The sweeps of all instances leave their time in <c>beat</c>.
/// </remarks>
internal sealed partial class RedisLeases(
    RedisConnection store, RedisKeys keys, RedisFailures failures, TimeProvider time, ILogger<RedisLeases> logger)
    : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan MaxSilence = TimeSpan.FromSeconds(3);

    private volatile Sweep? _sweep;

    /// <summary>Off in a test whose clock jumps.</summary>
    public bool PostponesSwitches { get; set; } = true;

    /// <summary>Since when leases could be renewed without interruption; empty if unknown.</summary>
    public RedisValue RenewableSince => !PostponesSwitches ? "0"
        : _sweep is { } sweep && time.GetElapsedTime(sweep.At) <= MaxSilence ? sweep.Since
        : RedisValue.EmptyString;

    /// <summary>
    /// Schedules a check at the end of the lease: before the lease is taken, so that a crash leaves no lease without an
    /// entry; and again afterwards, because the sweep of an earlier lease may have removed the entry.
    /// </summary>
    public Task ScheduleSweepAsync(DeploymentId id, ValueKey key, TimeSpan life, CancellationToken cancellationToken) =>
        RescheduleAsync($"{id} {key}", RedisArguments.Milliseconds(life), RedisValue.EmptyString, cancellationToken);

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
                keys.Replay(write.Id, write.IdempotencyKey), keys.Switches(write.Id),
            ],
            [
                RedisArguments.Proof(write.Epoch), write.Key.Text, held.Tag.Nonce,
                RedisArguments.Milliseconds(life), RedisArguments.Of(write.Fence), fingerprints,
                failures.SwitchOf(write), store.Publication(write.Id), ChangeMessage.Key(write.Id, write.Key),
            ],
            cancellationToken));
    }

    /// <summary>Removes expired leases, and reports the failures of their switches.</summary>
    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        var at = time.GetTimestamp();
        var due = await store.EvaluateAsync(
            RedisScripts.Due,
            [keys.Leases, keys.Beat],
            [PostponesSwitches ? RedisArguments.Milliseconds(MaxSilence) : RedisValue.EmptyString],
            cancellationToken);
        var since = (RedisValue)due[0];
        _sweep = new Sweep(at, since);

        // In the order of keys: the order in which failures are reported does not depend on the store.
        var entries = due.Skip(1).Chunk(2).Select(pair => (Member: (string)pair[0]!, Score: (string)pair[1]!));
        foreach (var (member, score) in entries.OrderBy(entry => entry.Member, StringComparer.Ordinal))
        {
            var blank = member.IndexOf(' ', StringComparison.Ordinal);
            var (id, key) = (DeploymentId.Parse(member[..blank]), ValueKey.Parse(member[(blank + 1)..]));
            var reply = await store.EvaluateAsync(
                RedisScripts.ExpireLease,
                [
                    keys.Record(id), keys.Names(id), keys.Index(id), keys.Value(id, key.Text), keys.Events(id),
                    keys.Switches(id), keys.Failures(id),
                ],
                [key.Text, store.Publication(id), ChangeMessage.Key(id, key), ChangeMessage.All(id), since],
                cancellationToken);

            // Unless it was taken or renewed meanwhile: that entry stands.
            await RescheduleAsync(
                member, (string?)reply[0] == "lives" ? (string)reply[1]! : "-", score, cancellationToken);
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

    private Task<RedisResult[]> RescheduleAsync(
        string member, RedisValue after, RedisValue score, CancellationToken cancellationToken) =>
        store.EvaluateAsync(RedisScripts.Lease, [keys.Leases], [member, after, score], cancellationToken);

    private sealed record Sweep(long At, RedisValue Since);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Debug, "Could not remove expired leases ({Cause}). Retrying in 500 ms.")]
        public static partial void Failed(ILogger logger, string cause);
    }
}
