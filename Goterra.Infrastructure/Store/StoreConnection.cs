using System.Security.Cryptography;
using Goterra.Core.Deployments;
using Goterra.Infrastructure.Encryption;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Goterra.Infrastructure.Store;

/// <summary>
/// The one connection of this process to its store, and the gate before it: nothing is read or written until the store has been seen to belong to
/// this installation's secret.
/// </summary>
internal sealed partial class StoreConnection(
    StoreOptions options, SecretRing secrets, StoreKeys keys, ILogger<StoreConnection> logger) : IHostedService, IAsyncDisposable
{
    private const int CopyTimeout = 60_000;

    private readonly SemaphoreSlim _verifying = new(1);
    private readonly CallGate _gate = new();
    private EmbeddedGenerations? _embedded;
    private SentinelRoute? _route;
    private volatile ConnectionMultiplexer? _redis;
    private volatile bool _verified;

    /// <summary>The connection was replaced by another one: subscriptions are to be made anew.</summary>
    public event Action? Replaced;

    public ConnectionMultiplexer Redis => _redis ?? throw new InvalidOperationException("The store was not started.");

    /// <summary>The embedded store, where there is one.</summary>
    public EmbeddedStore? Embedded => _embedded?.Current;

    /// <summary>Starts the embedded store or connects to the server. A server that can't be reached yet does not stop the start.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (options.Redis is null)
            _embedded = EmbeddedGenerations.Open(options);
        else if (options.Redis.Sentinel is { } service)
            _route = await SentinelRoute.OpenAsync(RedisConfiguration.For(options.Redis), service);

        _redis = await ConnectionMultiplexer.ConnectAsync(Configuration(_embedded?.Current));
        try
        {
            await VerifyAsync(cancellationToken);
        }
        catch (StoreUnavailableException) when (options.Redis is not null)
        {
            Log.NotYet(logger, options.Redis.ToString());
        }
    }

    public async Task StopAsync(CancellationToken cancellationToken) => await DisposeAsync();

    public async ValueTask DisposeAsync()
    {
        if (_redis is not null)
            await _redis.DisposeAsync();
        if (_route is not null)
            await _route.DisposeAsync();
        _embedded?.Dispose();
        (_redis, _route, _embedded) = (null, null, null);
        _verified = false;
    }

    /// <summary>Runs one call to the store; whatever says that the store is not there now becomes <see cref="StoreUnavailableException"/>.</summary>
    public async Task<T> CallAsync<T>(Func<IDatabase, Task<T>> call, CancellationToken cancellationToken)
    {
        if (!_verified)
            await VerifyAsync(cancellationToken);

        await _gate.EnterAsync(cancellationToken);
        try
        {
            return await TranslateAsync(call, cancellationToken);
        }
        finally
        {
            _gate.Leave();
        }
    }

    /// <summary>Runs one script.</summary>
    public async Task<RedisResult[]> EvaluateAsync(StoreScript script, RedisKey[] names, RedisValue[] arguments, CancellationToken cancellationToken) =>
        (RedisResult[])(await CallAsync(db => EvaluateAsync(db, script, names, arguments), cancellationToken))!;

    // By its hash: given the text, the library looks up at every call what the server knows, which costs a quarter of the whole call.
    private static async Task<RedisResult> EvaluateAsync(IDatabase db, StoreScript script, RedisKey[] names, RedisValue[] arguments)
    {
        try
        {
            return await db.ScriptEvaluateAsync(script.Hash, names, arguments);
        }
        catch (RedisServerException e) when (e.Message.StartsWith("NOSCRIPT", StringComparison.Ordinal))
        {
            // The server has forgotten it, or never seen it; nothing was done. With its text it is run and known again.
            return await db.ScriptEvaluateAsync(script.Text, names, arguments);
        }
    }

    /// <summary>Copies what lives in the embedded store into a new one and goes on with that. Calls wait meanwhile.</summary>
    public async Task RollAsync(CancellationToken cancellationToken)
    {
        await _gate.CloseAsync(cancellationToken);
        try
        {
            var old = Redis;

            // Whoever gave up left the gate while his command was still under way: answers come in order, so now it is over.
            await old.GetDatabase().PingAsync();
            var next = await _embedded!.BeginAsync(old, store => ConnectionMultiplexer.ConnectAsync(Configuration(store, CopyTimeout)), cancellationToken);
            ConnectionMultiplexer? redis = null;
            try
            {
                redis = await ConnectionMultiplexer.ConnectAsync(Configuration(next));
                _embedded.Commit(next);
            }
            catch
            {
                redis?.Dispose();
                next.Dispose();
                throw;
            }

            // Only now: what is written from here on is in the generation that counts.
            _redis = redis;
            Replaced?.Invoke();
            await old.DisposeAsync();
            _embedded.Retire();
        }
        finally
        {
            _gate.Open();
        }
    }

    /// <summary>Makes sure that the store still is this installation's: one that lost all its data has forgotten whose it was.</summary>
    public async Task VerifyAgainAsync(CancellationToken cancellationToken)
    {
        _verified = false;
        await VerifyAsync(cancellationToken);
    }

    /// <summary>Tells a store that has lost all its data whose it is, before somebody else can. Whose it is otherwise is not looked at.</summary>
    public async Task ClaimAsync(CancellationToken cancellationToken)
    {
        byte[] mine = SecretKeys.Check(secrets.Current);
        await CallAsync(db => db.StringSetAsync(keys.Secret, mine, when: When.NotExists), cancellationToken);
    }

    private async Task<T> TranslateAsync<T>(Func<IDatabase, Task<T>> call, CancellationToken cancellationToken)
    {
        var redis = _redis ?? throw new StoreUnavailableException("The store is being stopped.");
        try
        {
            // Whoever gave up does not wait for the answer; what was sent is carried out all the same.
            return await call(redis.GetDatabase()).WaitAsync(cancellationToken);
        }
        catch (Exception e) when (IsUnavailable(e))
        {
            // The message of the library names hosts and commands, and may hold arguments: it stays in here.
            throw new StoreUnavailableException("The store can't be reached, or did not answer in time.", e);
        }
    }

    private static bool IsUnavailable(Exception e) => e switch
    {
        RedisConnectionException or RedisTimeoutException or ObjectDisposedException => true,

        // The library knows already that a master is one no longer, and does not even ask it.
        RedisCommandException command => command.Message.Contains("replica", StringComparison.Ordinal),
        RedisServerException server => server.Message.Split(' ')[0]
            is "LOADING" or "READONLY" or "MASTERDOWN" or "CLUSTERDOWN" or "TRYAGAIN" or "BUSY" or "NOREPLICAS" or "MISCONF" or "OOM",
        _ => false,
    };

    /// <exception cref="WrongSecretException">The store was made with another secret.</exception>
    private async Task VerifyAsync(CancellationToken cancellationToken)
    {
        await _verifying.WaitAsync(cancellationToken);
        try
        {
            if (_verified)
                return;

            byte[] mine = SecretKeys.Check(secrets.Current);
            await TranslateAsync(db => db.StringSetAsync(keys.Secret, mine, when: When.NotExists), cancellationToken);
            byte[] found = (await TranslateAsync(db => db.StringGetAsync(keys.Secret), cancellationToken))!;
            if (!CryptographicOperations.FixedTimeEquals(found, mine))
            {
                if (!secrets.Previous.Any(previous => CryptographicOperations.FixedTimeEquals(found, SecretKeys.Check(previous.Secret))))
                    throw new WrongSecretException();
                await TranslateAsync(db => db.StringSetAsync(keys.Secret, mine), cancellationToken);
            }

            _verified = true;
        }
        finally
        {
            _verifying.Release();
        }
    }

    private ConfigurationOptions Configuration(EmbeddedStore? embedded, int timeout = 5000)
    {
        if (embedded is not null)
            return RedisConfiguration.For(embedded, timeout);
        return _route is null ? RedisConfiguration.For(options.Redis!) : RedisConfiguration.For(options.Redis!, _route);
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The store at {Server} can't be reached yet; requests are answered with 503 until it can.")]
        public static partial void NotYet(ILogger logger, string server);
    }
}

/// <summary>The store holds data of another secret: what is in it could not be read, and its tokens would not count.</summary>
public sealed class WrongSecretException() : Exception(
    "'secret' is not the one with which this store was made. Set the old one, or put it into 'previous_secrets' to rotate.");
