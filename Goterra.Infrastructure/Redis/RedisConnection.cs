using System.Security.Cryptography;
using Goterra.Core.Deployments;
using Goterra.Infrastructure.Encryption;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Goterra.Infrastructure.Redis;

/// <summary>
/// The one connection of this process to its store, and the gate before it: nothing is read or written until the store has been seen to belong to
/// this installation's secret.
/// </summary>
internal sealed partial class RedisConnection(
    RedisOptions options, SecretRing secrets, RedisKeys keys, ILogger<RedisConnection> logger) : IHostedService, IAsyncDisposable
{
    private readonly SemaphoreSlim _verifying = new(1);
    private SentinelRoute? _route;
    private volatile ConnectionMultiplexer? _redis;
    private volatile bool _verified;

    public ConnectionMultiplexer Redis => _redis ?? throw new InvalidOperationException("The store was not started.");

    /// <summary>Connects to the server. One that can't be reached yet does not stop the start.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (options.Sentinel is { } service)
            _route = await SentinelRoute.OpenAsync(RedisConfiguration.For(options), service);

        _redis = await ConnectionMultiplexer.ConnectAsync(_route is null ? RedisConfiguration.For(options) : RedisConfiguration.For(options, _route));
        try
        {
            await VerifyAsync(cancellationToken);
        }
        catch (StoreUnavailableException)
        {
            Log.NotYet(logger, options.ToString());
        }
    }

    public async Task StopAsync(CancellationToken cancellationToken) => await DisposeAsync();

    public async ValueTask DisposeAsync()
    {
        if (_redis is not null)
            await _redis.DisposeAsync();
        if (_route is not null)
            await _route.DisposeAsync();
        (_redis, _route) = (null, null);
        _verified = false;
    }

    /// <summary>Runs one call to the store; a store that is out of reach is a <see cref="StoreUnavailableException"/>, one without room a <see cref="StoreFullException"/>.</summary>
    public async Task<T> CallAsync<T>(Func<IDatabase, Task<T>> call, CancellationToken cancellationToken)
    {
        if (!_verified)
            await VerifyAsync(cancellationToken);

        return await TranslateAsync(call, cancellationToken);
    }

    /// <summary>Runs one script.</summary>
    public async Task<RedisResult[]> EvaluateAsync(RedisScript script, RedisKey[] names, RedisValue[] arguments, CancellationToken cancellationToken) =>
        (RedisResult[])(await CallAsync(db => EvaluateAsync(db, script, names, arguments), cancellationToken))!;

    // By its hash: given the text, the library looks up at every call what the server knows, which costs a quarter of the whole call.
    private static async Task<RedisResult> EvaluateAsync(IDatabase db, RedisScript script, RedisKey[] names, RedisValue[] arguments)
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
        catch (RedisServerException e) when (ErrorCode(e) == "OOM")
        {
            throw new StoreFullException("The store has reached its memory limit (maxmemory) and refuses writes.", e);
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
        RedisServerException server => ErrorCode(server)
            is "LOADING" or "READONLY" or "MASTERDOWN" or "CLUSTERDOWN" or "TRYAGAIN" or "BUSY" or "NOREPLICAS" or "MISCONF",
        _ => false,
    };

    // Before Redis 7, an error in a script stands behind words of its own: "ERR Error running script (call to f_...): @user_script: 12: -OOM command not allowed ...".
    private static string ErrorCode(RedisServerException e)
    {
        const string inScript = ": -";
        var at = e.Message.LastIndexOf(inScript, StringComparison.Ordinal);
        return e.Message[(at < 0 ? 0 : at + inScript.Length)..].Split(' ')[0];
    }

    /// <exception cref="WrongSecretException">The store was made with another secret.</exception>
    private async Task VerifyAsync(CancellationToken cancellationToken)
    {
        await _verifying.WaitAsync(cancellationToken);
        try
        {
            if (_verified)
                return;

            byte[] mine = SecretKeys.Check(secrets.Current);
            byte[] found = await TranslateAsync(db => ClaimedByAsync(db, mine), cancellationToken);
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

    // Read before it is written: a full store that is this installation's stays readable.
    private async Task<byte[]> ClaimedByAsync(IDatabase db, byte[] mine)
    {
        if ((byte[]?)await db.StringGetAsync(keys.Secret) is { } found)
            return found;

        await db.StringSetAsync(keys.Secret, mine, when: When.NotExists);
        return (await db.StringGetAsync(keys.Secret))!;
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The store at {Server} can't be reached yet; requests are answered with 503 until it can.")]
        public static partial void NotYet(ILogger logger, string server);
    }
}
