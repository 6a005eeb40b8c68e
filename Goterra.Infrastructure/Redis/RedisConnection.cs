using System.Security.Cryptography;
using Goterra.Core.Deployments;
using Goterra.Core.Model;
using Goterra.Infrastructure.Encryption;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Goterra.Infrastructure.Redis;

/// <summary>
/// The connection of this process to Redis. It lets no call through while the data belongs to an installation with
/// another secret.
/// </summary>
internal sealed partial class RedisConnection(
    RedisOptions options, SecretRing secrets, RedisKeys keys, TimeProvider time,
    ILogger<RedisConnection> logger) : IHostedService, IAsyncDisposable
{
    private static readonly TimeSpan OldInstanceLife = TimeSpan.FromSeconds(20);
    private static readonly Version Sharding = new(7, 0);

    private readonly Lock _gate = new();
    private Task<bool>? _check;
    private SentinelRoute? _route;
    private volatile ConnectionMultiplexer? _redis;
    private volatile bool _verified;
    private volatile bool _sharded;
    private bool _reported;

    public ConnectionMultiplexer Redis => _redis ?? throw new InvalidOperationException("The store was not started.");

    /// <summary>
    /// The channel of a deployment's changes. In a cluster it is sharded: only the nodes of its slot carry its messages.
    /// Known once the store is verified.
    /// </summary>
    public RedisChannel Channel(DeploymentId id) =>
        _sharded ? RedisChannel.Sharded(keys.Changes(id)) : RedisChannel.Literal(keys.Changes(id));

    /// <summary>The command that publishes to the channel of a deployment, and its name, for scripts.</summary>
    public RedisValue Publication(DeploymentId id) => (_sharded ? "SPUBLISH " : "PUBLISH ") + keys.Changes(id);

    /// <summary>Connects to the server. The start succeeds even if the server cannot be reached yet.</summary>
    /// <exception cref="WrongSecretException">The store was created with another secret.</exception>
    /// <exception cref="IncompatibleStoreException">Instances of another version use the store.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (options.Sentinel is { } service)
            _route = await SentinelRoute.OpenAsync(RedisConfiguration.For(options), service);

        _redis = await ConnectionMultiplexer.ConnectAsync(
            _route is null ? RedisConfiguration.For(options) : RedisConfiguration.For(options, _route));
        try
        {
            if (!await IsOursAsync(cancellationToken))
                throw new WrongSecretException();
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

    /// <summary>Runs one call to the store.</summary>
    /// <exception cref="StoreUnavailableException">
    /// The store cannot be reached, or belongs to an installation with another secret.
    /// </exception>
    /// <exception cref="StoreFullException">The store has no room.</exception>
    public async Task<T> CallAsync<T>(Func<IDatabase, Task<T>> call, CancellationToken cancellationToken)
    {
        await EnsureVerifiedAsync(cancellationToken);
        return await TranslateAsync(call, cancellationToken);
    }

    /// <summary>Verifies the store unless that has happened.</summary>
    public Task EnsureVerifiedAsync(CancellationToken cancellationToken) =>
        _verified ? Task.CompletedTask : VerifyAsync(cancellationToken);

    /// <summary>Runs one script.</summary>
    public async Task<RedisResult[]> EvaluateAsync(
        RedisScript script, RedisKey[] names, RedisValue[] arguments, CancellationToken cancellationToken) =>
        (RedisResult[])(await CallAsync(db => EvaluateAsync(db, script, names, arguments), cancellationToken))!;

    // By hash: given the text, the library checks on every call whether the server knows the script, a quarter of the
    // cost of a call.
    private static async Task<RedisResult> EvaluateAsync(
        IDatabase db, RedisScript script, RedisKey[] names, RedisValue[] arguments)
    {
        try
        {
            return await db.ScriptEvaluateAsync(script.Hash, names, arguments);
        }
        catch (RedisServerException e) when (e.Message.StartsWith("NOSCRIPT", StringComparison.Ordinal))
        {
            // The server does not know the script and did nothing. Sending the text runs and caches it.
            return await db.ScriptEvaluateAsync(script.Text, names, arguments);
        }
    }

    /// <summary>
    /// Checks that the store still belongs to this installation: another one may have claimed it after it lost its
    /// data. An empty store is claimed.
    /// </summary>
    public async Task VerifyAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (await IsOursAsync(cancellationToken))
                return;
        }
        catch (IncompatibleStoreException e)
        {
            throw new StoreUnavailableException(e.Message, e);
        }

        if (!Interlocked.Exchange(ref _reported, true))
            Log.ForeignData(logger, options.ToString());
        throw new StoreUnavailableException(
            "The store belongs to an installation with another secret.", new WrongSecretException());
    }

    private async Task<T> TranslateAsync<T>(Func<IDatabase, Task<T>> call, CancellationToken cancellationToken)
    {
        var redis = _redis ?? throw new StoreUnavailableException("The server is stopping.");
        try
        {
            // A caller that gives up does not wait for the reply. The command is carried out all the same.
            return await call(redis.GetDatabase()).WaitAsync(cancellationToken);
        }
        catch (RedisServerException e) when (ErrorCode(e) == "OOM")
        {
            throw new StoreFullException("The store has reached its memory limit (maxmemory) and refuses writes.", e);
        }
        catch (RedisServerException e) when (ErrorCode(e) is "NOPERM" or "NOAUTH" or "WRONGPASS")
        {
            throw new StoreUnavailableException(
                $"The store refuses this server's commands ({ErrorCode(e)}): check redis.user, redis.password and the "
                + "permissions of the user.",
                e);
        }
        catch (Exception e) when (IsUnavailable(e))
        {
            // The library's message contains host names, commands and perhaps arguments. It is not passed on.
            throw new StoreUnavailableException("The store cannot be reached or did not answer in time.", e);
        }
    }

    private static bool IsUnavailable(Exception e) => e switch
    {
        RedisConnectionException or RedisTimeoutException or ObjectDisposedException => true,

        // The library refuses to send a write to a server that it knows to be a replica.
        RedisCommandException command => command.Message.Contains("replica", StringComparison.Ordinal),
        RedisServerException server => ErrorCode(server)
            is "LOADING" or "READONLY" or "MASTERDOWN" or "CLUSTERDOWN"
            or "TRYAGAIN" or "BUSY" or "NOREPLICAS" or "MISCONF",
        _ => false,
    };

    // Before Redis 7, an error in a script has a prefix: "ERR Error running script (call to f_...): @user_script: 12:
    // -OOM command not allowed ...".
    private static string ErrorCode(RedisServerException e)
    {
        const string inScript = ": -";
        var at = e.Message.LastIndexOf(inScript, StringComparison.Ordinal);
        return e.Message[(at < 0 ? 0 : at + inScript.Length)..].Split(' ')[0];
    }

    /// <summary>
    /// Joins the check in flight, or begins one. It does not end with a caller that gives up: others wait for it.
    /// </summary>
    private Task<bool> IsOursAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_check is null or { IsCompleted: true })
                _check = CheckAsync();
            return _check.WaitAsync(cancellationToken);
        }
    }

    /// <remarks>A check that fails changes nothing: calls still go to the store that was verified before.</remarks>
    private async Task<bool> CheckAsync()
    {
        byte[] mine = SecretKeys.Check(secrets.Current);
        byte[] found = await TranslateAsync(db => ClaimedByAsync(db, mine), CancellationToken.None);
        var isCurrent = CryptographicOperations.FixedTimeEquals(found, mine);
        var isOurs = isCurrent
            || secrets.Previous.Any(
                previous => CryptographicOperations.FixedTimeEquals(found, SecretKeys.Check(previous.Secret)));

        // Once: during a rotation, instances with the old secret and with the new one would overwrite each other's.
        if (isOurs && !isCurrent && !_verified)
            await TranslateAsync(db => db.StringSetAsync(keys.Secret, mine), CancellationToken.None);
        if (isOurs && !_verified)
            await CheckLayoutAsync();
        if (isOurs)
            Volatile.Write(ref _reported, false);
        // Once true, it stays: during a failover, no node may be known as one of a cluster.
        _sharded = _sharded || Redis.GetServers().Any(
            server => server is { IsConnected: true, ServerType: ServerType.Cluster } && server.Version >= Sharding);
        _verified = isOurs;
        return isOurs;
    }

    private async Task CheckLayoutAsync()
    {
        // First: the layout may be from before a rollback to 0.1.
        var recent = time.GetUtcNow() - OldInstanceLife;
        var old = await TranslateAsync(
            db => db.SortedSetLengthAsync(keys.OldInstances, recent.ToUnixTimeMilliseconds()), CancellationToken.None);
        if (old > 0)
            throw new IncompatibleStoreException("version 0.1");

        var layout = await TranslateAsync(db => db.StringGetAsync(keys.Layout), CancellationToken.None);
        if (layout == RedisKeys.LayoutVersion)
            return;
        if (layout.HasValue)
            throw new IncompatibleStoreException("a newer version");

        try
        {
            await TranslateAsync(
                db => db.StringSetAsync(keys.Layout, RedisKeys.LayoutVersion, when: When.NotExists),
                CancellationToken.None);
        }
        catch (StoreFullException)
        {
            // A full store stays readable.
        }
    }

    // Reads before it writes: a full store stays readable.
    private async Task<byte[]> ClaimedByAsync(IDatabase db, byte[] mine)
    {
        if ((byte[]?)await db.StringGetAsync(keys.Secret) is { } found)
            return found;

        await db.StringSetAsync(keys.Secret, mine, when: When.NotExists);
        return (await db.StringGetAsync(keys.Secret))!;
    }

    private static partial class Log
    {
        [LoggerMessage(
            LogLevel.Warning,
            "The store at {Server} is unreachable. Requests get 503 until it is reachable.")]
        public static partial void NotYet(ILogger logger, string server);

        [LoggerMessage(
            LogLevel.Error,
            "The store at {Server} was claimed by an installation with another secret. " +
            "Requests are answered with 503. Use the same 'secret' in all " +
            "instances (or list the other one in 'previous_secrets'), or another 'redis.prefix' or server for each " +
            "installation.")]
        public static partial void ForeignData(ILogger logger, string server);
    }
}
