using System.Threading.Channels;
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
        store.Redis.ConnectionRestored += (_, _) => DoubtAll();
        store.Redis.ConfigurationChanged += (_, _) => DoubtAll();
        store.Redis.ConnectionFailed += (_, e) =>
        {
            Volatile.Write(ref _isConnected, false);
            Log.Lost(logger, e.ConnectionType, e.FailureType);
        };
        return Task.WhenAll(ConfirmAsync(stoppingToken), SweepAsync(stoppingToken));
    }

    private async Task StartSubscriptionAsync(RedisSubscription subscription, Task left)
    {
        // The caller holds locks.
        await Task.Yield();
        await left;
        if (await subscription.TrySubscribeAsync(Interlocked.Read(ref _epoch)))
            return;

        _doubts.Writer.TryWrite(true);
        if (subscription.IsRefused && !Interlocked.Exchange(ref _warned, true))
            Log.Refused(logger);
    }

    private void DoubtAll()
    {
        Interlocked.Increment(ref _epoch);
        _doubts.Writer.TryWrite(true);
    }

    /// <summary>Confirms the subscriptions that are in doubt, and signals their watches.</summary>
    private async Task ConfirmAsync(CancellationToken stoppingToken)
    {
        await foreach (var _ in _doubts.Reader.ReadAllAsync(stoppingToken))
        {
            var isAnswering = false;
            for (var doubtful = Doubtful(); doubtful.Count > 0 || !isAnswering; doubtful = Doubtful())
            {
                var epoch = Interlocked.Read(ref _epoch);
                isAnswering = await TryPingAsync();
                if (!isAnswering || !await TryConfirmAsync(doubtful, epoch))
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
            e is RedisException or TimeoutException or ObjectDisposedException or InvalidOperationException)
        {
            return false;
        }
    }

    private static async Task<bool> TryConfirmAsync(IEnumerable<RedisSubscription> doubtful, long epoch) =>
        (await Task.WhenAll(doubtful.Select(subscription => subscription.TryConfirmAsync(epoch)))).All(one => one);

    private List<RedisSubscription> Doubtful()
    {
        lock (_gate)
        {
            return [.. _followed.Values.Where(subscription => subscription.ConfirmedEpoch != _epoch)];
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
            "The store refuses subscriptions (NOPERM), so waiting requests notice changes up to 30 s late. Allow " +
            "redis.user the command SUBSCRIBE (in a cluster: SSUBSCRIBE) and the channels of redis.prefix.")]
        public static partial void Refused(ILogger logger);

        [LoggerMessage(LogLevel.Information, "Change feed connected.")]
        public static partial void Connected(ILogger logger);
    }
}
