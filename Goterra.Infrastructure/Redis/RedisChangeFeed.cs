using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Threading.Channels;
using Goterra.Core.Waiting;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Goterra.Infrastructure.Redis;

/// <summary>
/// Publishes the changes of all instances to the local <see cref="ChangeHub"/>. Delivery is at most once: after every
/// reconnect all waiting requests are woken to read again, but only when a message of our own has come back through the
/// subscription. The library reports a connection as restored before the server has registered the subscriber; a change
/// in between would be lost.
/// </summary>
internal sealed partial class RedisChangeFeed(
    RedisConnection store, RedisKeys keys, ChangeHub hub, TimeProvider time, ILogger<RedisChangeFeed> logger)
    : BackgroundService
{
    private const string EchoVerb = "echo ";
    private static readonly TimeSpan EchoTimeout = TimeSpan.FromSeconds(1);

    private readonly Channel<bool> _doubts = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _echoes = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await SubscribeAsync(store.Redis);
        Doubt();
        await foreach (var _ in _doubts.Reader.ReadAllAsync(stoppingToken))
        {
            while (!await EchoAsync(store.Redis, stoppingToken))
                await Task.Delay(EchoTimeout, time, stoppingToken);

            hub.SignalAll();
            Log.Restored(logger);
        }
    }

    private void Doubt() => _doubts.Writer.TryWrite(true);

    private async Task SubscribeAsync(ConnectionMultiplexer redis)
    {
        // Once, whether it succeeds now or not: the library keeps the handler and subscribes again after a reconnect.
        // The echo shows when it works.
        redis.ConnectionRestored += (_, _) => Doubt();
        redis.ConfigurationChanged += (_, _) => Doubt();
        redis.ConnectionFailed += (_, e) => Log.Lost(logger, e.ConnectionType, e.FailureType);
        await TryAsync(() => redis.GetSubscriber().SubscribeAsync(keys.Changes, (_, message) => Receive(message)));
    }

    private void Receive(RedisValue message)
    {
        var text = (string?)message;
        if (ChangeMessage.TryParse(text, out var change))
            hub.Publish(change);
        else if (text is not null && _echoes.TryRemove(text, out var echo))
            echo.TrySetResult();
    }

    private async Task<bool> EchoAsync(ConnectionMultiplexer redis, CancellationToken stoppingToken)
    {
        var message = EchoVerb + RandomNumberGenerator.GetHexString(16, lowercase: true);
        var echo = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _echoes[message] = echo;
        try
        {
            if (!await TryAsync(() => redis.GetSubscriber().PublishAsync(keys.Changes, message)))
                return false;
            await echo.Task.WaitAsync(EchoTimeout, time, stoppingToken).ConfigureAwait(
                ConfigureAwaitOptions.SuppressThrowing);
            return echo.Task.IsCompletedSuccessfully;
        }
        finally
        {
            _echoes.TryRemove(message, out _);
        }
    }

    private static async Task<bool> TryAsync(Func<Task> call)
    {
        try
        {
            await call();
            return true;
        }
        catch (Exception e) when (e is RedisException or TimeoutException or ObjectDisposedException)
        {
            return false;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(
            LogLevel.Warning,
            "Lost the {Connection} connection to the store: {Failure}. Waiting requests continue after a reconnect.")]
        public static partial void Lost(ILogger logger, ConnectionType connection, ConnectionFailureType failure);

        [LoggerMessage(LogLevel.Information, "Change feed connected.")]
        public static partial void Restored(ILogger logger);
    }
}
