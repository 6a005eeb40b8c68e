using Goterra.Core.Deployments;
using Goterra.Core.Model;
using Goterra.Core.Waiting;
using StackExchange.Redis;

namespace Goterra.Infrastructure.Redis;

/// <summary>The subscription to the channel of one deployment.</summary>
/// <remarks>
/// Confirmed for an epoch: the connections have not changed since, and the server has replied to SUBSCRIBE.
/// </remarks>
internal sealed class RedisSubscription(RedisConnection store, DeploymentId deployment, Action<Change> publish)
{
    private RedisChannel? _channel;
    private ISubscriber? _subscriber;
    private volatile bool _left;
    private long _confirmedEpoch = -1;

    public DeploymentId Deployment => deployment;

    /// <summary>Completes when the first attempt to subscribe has ended.</summary>
    public Task Started { get; set; } = Task.CompletedTask;

    /// <summary>When the last watch was left, as a timestamp; null while there are some.</summary>
    public long? LeftAt { get; set; }

    /// <summary>Whether the last call failed for lack of permissions.</summary>
    public bool IsRefused { get; private set; }

    public long ConfirmedEpoch => Interlocked.Read(ref _confirmedEpoch);

    public async Task<bool> TrySubscribeAsync(long epoch)
    {
        var subscribed = await TryAsync(async () =>
        {
            await store.EnsureVerifiedAsync(CancellationToken.None);

            // Whether it succeeds or not, the library keeps the handler, and subscribes again after a reconnect.
            var channel = store.Channel(deployment);
            _channel = channel;
            _subscriber = store.Redis.GetSubscriber();
            await _subscriber.SubscribeAsync(channel, Receive);
        });
        if (subscribed)
            Interlocked.Exchange(ref _confirmedEpoch, epoch);
        return subscribed;
    }

    /// <summary>
    /// Confirms the subscription after a reconnect, and signals the watches. Subscribes again if the server has not
    /// replied.
    /// </summary>
    public async Task<bool> TryConfirmAsync(long epoch)
    {
        await Started;
        if (IsSubscribed())
        {
            Interlocked.Exchange(ref _confirmedEpoch, epoch);
            return Signal();
        }

        // Otherwise the library would call the handler twice.
        await TryUnsubscribeAsync();
        var subscribed = await TrySubscribeAsync(epoch);
        if (_left)
            await TryUnsubscribeAsync();
        return subscribed && Signal();
    }

    public async Task LeaveAsync()
    {
        _left = true;
        await Started;
        await TryUnsubscribeAsync();
    }

    // The library forgets the server of a subscription when it loses the connection, and knows it again after the reply
    // to SUBSCRIBE.
    private bool IsSubscribed() =>
        _channel is { } channel && _subscriber?.SubscribedEndpoint(channel) is not null;

    private Task TryUnsubscribeAsync() => _channel is { } channel
        ? TryAsync(() => _subscriber?.UnsubscribeAsync(channel, Receive) ?? Task.CompletedTask)
        : Task.CompletedTask;

    private bool Signal()
    {
        publish(new Change(deployment, Key: null));
        return true;
    }

    private void Receive(RedisChannel channel, RedisValue message)
    {
        if (ChangeMessage.TryParse((string?)message, out var change))
            publish(change);
    }

    private async Task<bool> TryAsync(Func<Task> call)
    {
        try
        {
            await call();
            return true;
        }
        catch (Exception e) when (
            e is RedisException or TimeoutException or ObjectDisposedException or StoreUnavailableException
                or InvalidOperationException)
        {
            IsRefused = e is RedisServerException server && RedisErrors.IsRefusal(server);
            return false;
        }
    }
}
