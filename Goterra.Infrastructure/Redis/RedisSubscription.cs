using System.Security.Cryptography;
using Goterra.Core.Deployments;
using Goterra.Core.Model;
using Goterra.Core.Waiting;
using StackExchange.Redis;

namespace Goterra.Infrastructure.Redis;

/// <summary>The subscription to the channel of one deployment.</summary>
/// <remarks>
/// Confirmed for an epoch: the connections have not changed since. It is confirmed by the server's reply to SUBSCRIBE
/// or, after a reconnect, by a message that comes back.
/// </remarks>
internal sealed class RedisSubscription(
    RedisConnection store, TimeProvider time, DeploymentId deployment, Action<Change> publish)
{
    private const string EchoVerb = "echo ";
    private static readonly TimeSpan EchoTimeout = TimeSpan.FromSeconds(1);

    private volatile Echo? _echo;
    private RedisChannel? _channel;
    private long _confirmedEpoch = -1;

    public DeploymentId Deployment => deployment;

    /// <summary>Completes when the first attempt to subscribe has ended.</summary>
    public Task Started { get; set; } = Task.CompletedTask;

    /// <summary>When the last watch was left, as a timestamp; null while there are some.</summary>
    public long? LeftAt { get; set; }

    public long ConfirmedEpoch => Interlocked.Read(ref _confirmedEpoch);

    public async Task<bool> TrySubscribeAsync(long epoch)
    {
        var subscribed = await TryAsync(async () =>
        {
            await store.EnsureVerifiedAsync(CancellationToken.None);

            // Once, whether it succeeds now or not: the library keeps the handler, and subscribes again after a
            // reconnect.
            var channel = store.Channel(deployment);
            _channel = channel;
            await store.Redis.GetSubscriber().SubscribeAsync(channel, Receive);
        });
        if (subscribed)
            Interlocked.Exchange(ref _confirmedEpoch, epoch);
        return subscribed;
    }

    /// <summary>Confirms the subscription after a reconnect, and signals the watches.</summary>
    public async Task<bool> TryConfirmAsync(long epoch, CancellationToken cancellationToken)
    {
        await Started;
        if (_channel is not { } channel)
            return await TrySubscribeAsync(epoch) && Signal();

        var echo = new Echo(EchoVerb + RandomNumberGenerator.GetHexString(16, lowercase: true));
        _echo = echo;
        if (!await TryAsync(() => store.Redis.GetSubscriber().PublishAsync(channel, echo.Message)))
            return false;

        await echo.Received.Task.WaitAsync(EchoTimeout, time, cancellationToken)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!echo.Received.Task.IsCompletedSuccessfully)
            return false;

        Interlocked.Exchange(ref _confirmedEpoch, epoch);
        return Signal();
    }

    public Task TryUnsubscribeAsync() => _channel is { } channel
        ? TryAsync(() => store.Redis.GetSubscriber().UnsubscribeAsync(channel, Receive))
        : Task.CompletedTask;

    private bool Signal()
    {
        publish(new Change(deployment, Key: null));
        return true;
    }

    private void Receive(RedisChannel channel, RedisValue message)
    {
        var text = (string?)message;
        if (ChangeMessage.TryParse(text, out var change))
            publish(change);
        else if (_echo is { } echo && echo.Message == text)
            echo.Received.TrySetResult();
    }

    private static async Task<bool> TryAsync(Func<Task> call)
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
            return false;
        }
    }

    private sealed record Echo(string Message)
    {
        public TaskCompletionSource Received { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
