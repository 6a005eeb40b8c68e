using Goterra.Core.Deployments;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Goterra.Infrastructure.Redis;

/// <summary>
/// Values that end by themselves. That one is over is decided by the store's clock whenever it is looked at; this takes those away that are over, so that
/// whoever waits is woken. Every instance does it for all: the one that took the lease may be dead. What is to be looked at stands in <c>leases</c> from before
/// the lease is there until it is gone; two that look at once do no harm.
/// </summary>
internal sealed partial class RedisLeases(RedisConnection store, RedisKeys keys, TimeProvider time, ILogger<RedisLeases> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    /// <summary>Schedules a look at a lease for its end: before the lease is taken, so that a crash in between leaves none without; and again after, because
    /// a look at an earlier lease may have removed the entry.</summary>
    public Task ScheduleSweepAsync(DeploymentId id, ValueKey key, TimeSpan life, CancellationToken cancellationToken) =>
        LookAsync($"{id} {key}", RedisArguments.Milliseconds(life), RedisValue.EmptyString, cancellationToken);

    /// <summary>The same once the lease is taken: whether the caller is still there, or the store, changes nothing about that.</summary>
    public async Task TryScheduleSweepAsync(DeploymentId id, ValueKey key, TimeSpan life)
    {
        try
        {
            await ScheduleSweepAsync(id, key, life, CancellationToken.None);
        }
        catch (StoreUnavailableException)
        {
            // The first note most probably stands; and whoever waits looks again from time to time.
        }
    }

    /// <summary>Lengthens a lease whose value stays the same. What was read is held against the condition here, and its tag once more in the store.</summary>
    /// <param name="fingerprints">Of a replayable write: a known idempotency key is answered before anything else is checked.</param>
    /// <returns>Null where it is no renewal: the value is another one, or nothing was there.</returns>
    public async Task<WriteOutcome?> TryRenewAsync(
        ValueWrite write, TimeSpan life, ReadOnlyMemory<byte> value, ValueReading found, RedisValue fingerprints, CancellationToken cancellationToken)
    {
        if (found.Value is not { Expires: not null } held || !write.Condition.Tags.Contains(held.Tag.ToString()) || !held.Bytes.Span.SequenceEqual(value.Span))
            return null;

        return RedisReplies.Outcome(await store.EvaluateAsync(
            RedisScripts.Renew,
            [
                keys.Record(write.Id), keys.Index(write.Id), keys.Value(write.Id, write.Key.Text), keys.Value(write.Id, (write.Fence?.Key ?? write.Key).Text),
                keys.Replay(write.Id, write.IdempotencyKey),
            ],
            [RedisArguments.Proof(write.Epoch), write.Key.Text, held.Tag.ToString(), RedisArguments.Milliseconds(life), RedisArguments.Of(write.Fence), fingerprints],
            cancellationToken));
    }

    /// <summary>Takes away what is over.</summary>
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
                [key.Text, keys.Changes.ToString(), ChangeMessage.Key(id, key)],
                cancellationToken);

            // Only if nobody has taken or renewed it since: his note stands.
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
                // What is over is over, swept or not; the next round is soon enough to tell whoever waits.
                Log.Failed(logger, e.GetType().Name);
            }
        }
    }

    private Task<RedisResult[]> LookAsync(string member, RedisValue after, RedisValue score, CancellationToken cancellationToken) =>
        store.EvaluateAsync(RedisScripts.Lease, [keys.Leases], [member, after, score], cancellationToken);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Debug, "Could not take away the leases that are over ({Cause}); trying again in half a second.")]
        public static partial void Failed(ILogger logger, string cause);
    }
}
