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
    private readonly Lock _gate = new();
    private Task<bool> _confirmation = Task.FromResult(true);
    private volatile string? _refusal;
    private bool _left;
    private long _confirmedEpoch = -1;

    public DeploymentId Deployment => deployment;

    /// <summary>Completes when the first attempt to subscribe has ended.</summary>
    public Task Started { get; set; } = Task.CompletedTask;

    /// <summary>When the last watch was left, as a timestamp; null while there are some.</summary>
    public long? LeftAt { get; set; }

    /// <summary>The code of the error if the credentials did not allow the last attempt to subscribe.</summary>
    public string? Refusal => _refusal;

    public long ConfirmedEpoch => Interlocked.Read(ref _confirmedEpoch);

    public async Task<bool> TrySubscribeAsync(long epoch)
    {
        var failure = await TryAsync(async () =>
        {
            await store.EnsureVerifiedAsync(CancellationToken.None);

            // Whether it succeeds or not, the library keeps the handler, and subscribes again after a reconnect.
            var channel = store.Channel(deployment);
            _channel = channel;
            _subscriber = store.Redis.GetSubscriber();
            await _subscriber.SubscribeAsync(channel, Receive);
        });
        _refusal = failure is RedisServerException error ? RedisErrors.RefusalOf(error) : null;
        if (failure is null)
            Interlocked.Exchange(ref _confirmedEpoch, epoch);
        return failure is null;
    }

    /// <summary>A refused subscription may be tried again.</summary>
    public void ForgetRefusal() => _refusal = null;

    /// <summary>
    /// Confirms the subscription after a reconnect, and signals the watches. Subscribes again if the server has not
    /// replied. One call at a time.
    /// </summary>
    public Task<bool> TryConfirmAsync(long epoch)
    {
        lock (_gate)
        {
            return _left ? Task.FromResult(true) : _confirmation = ConfirmAsync(epoch);
        }
    }

    public async Task LeaveAsync()
    {
        Task confirmation;
        lock (_gate)
        {
            _left = true;
            confirmation = _confirmation;
        }

        // Its SUBSCRIBE must not come after the UNSUBSCRIBE.
        await Started;
        await confirmation;
        await TryUnsubscribeAsync();
    }

    private async Task<bool> ConfirmAsync(long epoch)
    {
        // The caller holds a lock.
        await Task.Yield();
        await Started;
        if (IsSubscribed())
        {
            Interlocked.Exchange(ref _confirmedEpoch, epoch);
            return Signal();
        }

        // Otherwise the library would call the handler twice.
        await TryUnsubscribeAsync();
        return await TrySubscribeAsync(epoch) && Signal();
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

    /// <returns>The error; null if there was none.</returns>
    private static async Task<Exception?> TryAsync(Func<Task> call)
    {
        try
        {
            await call();
            return null;
        }
        catch (Exception e) when (
            e is RedisException or TimeoutException or ObjectDisposedException or StoreUnavailableException
                or InvalidOperationException)
        {
            return e;
        }
    }
}
