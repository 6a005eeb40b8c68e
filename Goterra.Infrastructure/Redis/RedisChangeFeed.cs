using System.Threading.Channels;
using Goterra.Core.Deployments;
using Goterra.Core.Model;
using Goterra.Core.Waiting;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Goterra.Infrastructure.Redis;

/// <summary>
/// Follows the channels of the deployments that are watched in this process. Delivery is at most once: after every
/// reconnect, all watches are signaled, but those of a deployment only when the server has replied to SUBSCRIBE. The
/// library reports a connection as restored before that; a change in between would be lost.
/// </summary>
internal sealed partial class RedisChangeFeed(
    RedisConnection store, TimeProvider time, ILogger<RedisChangeFeed> logger) : BackgroundService, IChangeFeed
{
    // A client that polls leaves and comes back.
    private static readonly TimeSpan LeaveDelay = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);

    // Each attempt is an entry in the ACL log of Redis.
    private static readonly TimeSpan RefusedRetryDelay = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private readonly Dictionary<DeploymentId, RedisSubscription> _followed = [];
    private readonly Dictionary<DeploymentId, Task> _leaving = [];
    private readonly Channel<bool> _doubts = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private long _epoch;
    private bool _isConnected;
    private bool _warned;

    public Task SubscribeAsync(DeploymentId deployment, Action<Change> publish)
    {
        lock (_gate)
        {
            if (!_followed.TryGetValue(deployment, out var subscription))
            {
                subscription = new RedisSubscription(store, deployment, publish);
                _followed.Add(deployment, subscription);
                var left = _leaving.GetValueOrDefault(deployment) ?? Task.CompletedTask;
                subscription.Started = StartSubscriptionAsync(subscription, left);
            }

            subscription.LeftAt = null;
            return subscription.Started;
        }
    }

    public void Unsubscribe(DeploymentId deployment)
    {
        lock (_gate)
        {
            if (_followed.TryGetValue(deployment, out var subscription))
                subscription.LeftAt = time.GetTimestamp();
        }
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        store.Redis.ConnectionRestored += (_, _) => InvalidateAll();
        store.Redis.ConfigurationChanged += (_, _) => InvalidateAll();
        store.Redis.ConnectionFailed += (_, e) =>
        {
            Volatile.Write(ref _isConnected, false);
            Log.Lost(logger, e.ConnectionType, e.FailureType);
        };
        return Task.WhenAll(
            ConfirmAsync(stoppingToken), RetryRefusedAsync(stoppingToken), SweepAsync(stoppingToken));
    }

    private async Task StartSubscriptionAsync(RedisSubscription subscription, Task left)
    {
        // The caller holds locks.
        await Task.Yield();
        await left;
        var subscribed = await subscription.TrySubscribeAsync(Interlocked.Read(ref _epoch));
        ReportRefusals([subscription], subscribed);
        if (!subscribed)
            _doubts.Writer.TryWrite(true);
    }

    private void InvalidateAll()
    {
        Interlocked.Increment(ref _epoch);
        ForgetRefusals();
        _doubts.Writer.TryWrite(true);
    }

    private async Task RetryRefusedAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(RefusedRetryDelay, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            if (ForgetRefusals())
                _doubts.Writer.TryWrite(true);
        }
    }

    /// <returns>Whether there were any.</returns>
    private bool ForgetRefusals()
    {
        lock (_gate)
        {
            var refused = _followed.Values.Where(subscription => subscription.Refusal is not null).ToList();
            refused.ForEach(subscription => subscription.ForgetRefusal());
            return refused.Count > 0;
        }
    }

    /// <summary>Warns once, and again if the server refuses subscriptions after it accepted all of them.</summary>
    private void ReportRefusals(IEnumerable<RedisSubscription> attempted, bool subscribed)
    {
        lock (_gate)
        {
            if (attempted.Select(one => one.Refusal).FirstOrDefault(code => code is not null) is { } refusal)
            {
                if (!_warned)
                    Log.Refused(logger, refusal);
                _warned = true;
            }
            else if (subscribed && _warned)
            {
                _warned = _followed.Values.Any(subscription => subscription.Refusal is not null);
            }
        }
    }

    /// <summary>Confirms the subscriptions that are in doubt, and signals their watches.</summary>
    private async Task ConfirmAsync(CancellationToken stoppingToken)
    {
        await foreach (var _ in _doubts.Reader.ReadAllAsync(stoppingToken))
        {
            var isAnswering = false;
            for (var unconfirmed = Unconfirmed(); unconfirmed.Count > 0 || !isAnswering; unconfirmed = Unconfirmed())
            {
                var epoch = Interlocked.Read(ref _epoch);
                isAnswering = await TryPingAsync();
                if (!isAnswering || !await TryConfirmAsync(unconfirmed, epoch))
                    await Task.Delay(RetryDelay, time, stoppingToken);
            }

            if (!Interlocked.Exchange(ref _isConnected, true))
                Log.Connected(logger);
        }
    }

    /// <summary>
    /// Waits until the server has replied to everything that was sent to it on the connection for subscriptions: the
    /// library sends SUBSCRIBE for all channels before it reports a connection as restored.
    /// </summary>
    private async Task<bool> TryPingAsync()
    {
        try
        {
            await store.Redis.GetSubscriber().PingAsync();
            return true;
        }
        catch (RedisServerException e) when (e.Message.StartsWith("NOPERM", StringComparison.Ordinal))
        {
            // A user without the permission gets an answer, too.
            return true;
        }
        catch (Exception e) when (
            e is RedisException or TimeoutException or ObjectDisposedException or StoreUnavailableException
                or InvalidOperationException)
        {
            return false;
        }
    }

    private async Task<bool> TryConfirmAsync(List<RedisSubscription> unconfirmed, long epoch)
    {
        var confirmed = await Task.WhenAll(unconfirmed.Select(subscription => subscription.TryConfirmAsync(epoch)));
        var all = Array.TrueForAll(confirmed, one => one);
        ReportRefusals(unconfirmed, all);
        return all;
    }

    private List<RedisSubscription> Unconfirmed()
    {
        lock (_gate)
        {
            return [.. _followed.Values.Where(
                subscription => subscription.ConfirmedEpoch != _epoch && subscription.Refusal is null)];
        }
    }

    /// <summary>Leaves the channels of deployments that are not watched any more.</summary>
    private async Task SweepAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(LeaveDelay, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            lock (_gate)
            {
                foreach (var subscription in _followed.Values.Where(HasBeenLeft).ToList())
                {
                    _followed.Remove(subscription.Deployment);
                    _leaving[subscription.Deployment] = LeaveAsync(subscription);
                }
            }
        }
    }

    private bool HasBeenLeft(RedisSubscription subscription) =>
        subscription.LeftAt is { } at && time.GetElapsedTime(at) >= LeaveDelay;

    private async Task LeaveAsync(RedisSubscription subscription)
    {
        // Completes later, when the entry exists.
        await Task.Yield();
        await subscription.LeaveAsync();
        lock (_gate)
        {
            _leaving.Remove(subscription.Deployment);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(
            LogLevel.Debug,
            "Lost the {Connection} connection to the store: {Failure}. Waiting requests continue after a reconnect.")]
        public static partial void Lost(ILogger logger, ConnectionType connection, ConnectionFailureType failure);

        [LoggerMessage(
            LogLevel.Warning,
            "The store refuses subscriptions ({Code}), so waiting requests notice changes up to 30 s late. Check " +
            "redis.user and redis.password; allow the user the command SUBSCRIBE (in a cluster: SSUBSCRIBE) and the " +
            "channels of redis.prefix.")]
        public static partial void Refused(ILogger logger, string code);

        [LoggerMessage(LogLevel.Information, "Change feed connected.")]
        public static partial void Connected(ILogger logger);
    }
}
