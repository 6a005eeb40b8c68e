using Goterra.Core.Deployments;
using Goterra.Core.Model;
using Goterra.Infrastructure.Encryption;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Goterra.Infrastructure.Redis;

/// <summary>
/// The connections of this process to Redis. They let no call through while the data belongs to an installation with
/// another secret.
/// </summary>
internal sealed partial class RedisConnection(
    RedisOptions options, RedisClaim claim, RedisKeys keys, RedisAvailability availability,
    ILogger<RedisConnection> logger) : IHostedService, IAsyncDisposable
{
    private static readonly Version Sharding = new(7, 0);

    private readonly Lock _gate = new();
    private readonly RedisLayout _layout = new(keys, availability.Time);
    private Task<bool>? _check;
    private SentinelRoute? _route;
    private volatile RedisLanes? _lanes;
    private volatile bool _verified;
    private volatile bool _sharded;
    private bool _reported;

    public ConnectionMultiplexer Redis =>
        _lanes?.Small.Redis ?? throw new StoreUnavailableException("The server is starting or stopping.");

    /// <summary>
    /// The channel of a deployment's changes. In a cluster it is sharded: only the nodes of its slot carry its
    /// messages. Known once the store is verified.
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
            _route = await SentinelRoute.OpenAsync(RedisConfiguration.For(options), service, availability.Time);

        availability.Metrics.ObserveFault(() => availability.IsLost);
        _lanes = await RedisLanes.OpenAsync(
            () => _route is null ? RedisConfiguration.For(options) : RedisConfiguration.For(options, _route),
            options.MinReplicas);
        try
        {
            if (!await IsOursAsync(cancellationToken))
                throw new WrongSecretException();
            await WarnAsync(cancellationToken);
        }
        catch (StoreUnavailableException)
        {
            // Logged. Requests get 503 until it can be reached.
        }
    }

    public async Task StopAsync(CancellationToken cancellationToken) => await DisposeAsync();

    public async ValueTask DisposeAsync()
    {
        // First: calls that fail from now on are no loss of the store.
        var (lanes, route) = (Interlocked.Exchange(ref _lanes, null), Interlocked.Exchange(ref _route, null));
        _verified = false;
        await Task.WhenAll(
            lanes?.DisposeAsync().AsTask() ?? Task.CompletedTask, route?.DisposeAsync().AsTask() ?? Task.CompletedTask);
    }

    /// <summary>Runs one call to the store.</summary>
    /// <exception cref="StoreUnavailableException">
    /// The store cannot be reached, or belongs to an installation with another secret.
    /// </exception>
    /// <exception cref="StoreFullException">The store has no room.</exception>
    /// <exception cref="StoreDamagedException">The store has lost part of the deployment.</exception>
    public Task<T> CallAsync<T>(Func<IDatabase, Task<T>> call, CancellationToken cancellationToken) =>
        CallAsync(call, 0, cancellationToken);

    /// <summary>The same, for a call whose arguments or reply have so many bytes.</summary>
    public async Task<T> CallAsync<T>(Func<IDatabase, Task<T>> call, long bytes, CancellationToken cancellationToken)
    {
        await EnsureVerifiedAsync(cancellationToken);
        return await TranslateAsync(lanes => call(lanes.For(bytes).Redis.GetDatabase()), cancellationToken);
    }

    /// <summary>Verifies the store unless that has happened.</summary>
    public Task EnsureVerifiedAsync(CancellationToken cancellationToken) =>
        _verified ? Task.CompletedTask : VerifyAsync(cancellationToken);

    /// <summary>Runs one script.</summary>
    public Task<RedisResult[]> EvaluateAsync(
        RedisScript script, RedisKey[] names, RedisValue[] arguments, CancellationToken cancellationToken) =>
        EvaluateAsync(script, names, arguments, 0, cancellationToken);

    /// <summary>The same, for a script whose arguments or reply have so many bytes.</summary>
    public async Task<RedisResult[]> EvaluateAsync(
        RedisScript script, RedisKey[] names, RedisValue[] arguments, long bytes, CancellationToken cancellationToken)
    {
        if (script.Writes && _route is { IsFailingOver: true })
            throw new StoreUnavailableException("The store is failing over to a replica.");

        await EnsureVerifiedAsync(cancellationToken);
        var start = availability.Metrics.Start();
        var reply = (RedisResult[])(await TranslateAsync(
            lanes => lanes.For(bytes).EvaluateAsync(script, names, arguments), cancellationToken))!;
        availability.Metrics.RecordOperation(start, script.Name);

        // The library keeps the last messages of a connection, 32 or more, with their arguments.
        if (script.Writes && bytes > RedisLane.MaxSmall)
            Array.Clear(arguments);
        return reply is [{ Resp3Type: ResultType.BulkString } status, var part] && (string?)status == "lost"
            ? throw LostParts.Of(names[0], (string?)part)
            : reply;
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

    private Task<byte[]?> TranslateAsync(Func<IDatabase, Task<byte[]?>> call) =>
        TranslateAsync(lanes => call(lanes.Small.Redis.GetDatabase()), CancellationToken.None);

    /// <summary>Checks that the server is fit to keep deployments, and accepts writes.</summary>
    /// <exception cref="StoreUnavailableException">It is not fit, or cannot be reached.</exception>
    public async Task<StoreHealth> CheckServerAsync(CancellationToken cancellationToken)
    {
        if (await FindProblemAsync(cancellationToken) is { } problem)
            throw new StoreUnavailableException(problem);
        // Each request is a script: the user may lack the permission.
        await TranslateAsync(
            lanes => lanes.Small.Redis.GetDatabase().ScriptEvaluateAsync("return 1"), cancellationToken);
        return new StoreHealth(await TranslateAsync(
            lanes => RedisServerCheck.FindMissingReplicasAsync(lanes.Small.Redis, options.MinReplicas),
            cancellationToken));
    }

    private Task<string?> FindProblemAsync(CancellationToken cancellationToken) => TranslateAsync(
        lanes => RedisServerCheck.FindProblemAsync(lanes.Small.Redis, options), cancellationToken);

    private async Task WarnAsync(CancellationToken cancellationToken)
    {
        if (await FindProblemAsync(cancellationToken) is { } problem)
            Log.Unfit(logger, problem);
        if (await TranslateAsync(
            lanes => RedisServerCheck.LacksPersistenceAsync(lanes.Small.Redis), cancellationToken))
            Log.NotPersistent(logger, options.ToString());
    }

    private async Task<T> TranslateAsync<T>(Func<RedisLanes, Task<T>> call, CancellationToken cancellationToken)
    {
        var lanes = _lanes ?? throw new StoreUnavailableException("The server is starting or stopping.");
        var state = availability.State;
        try
        {
            // A caller that gives up does not wait for the reply. The command is carried out all the same.
            var reply = await call(lanes).WaitAsync(cancellationToken);
            availability.ReportSuccess(state);
            return reply;
        }
        catch (StoreUnavailableException e)
        {
            // Too few replicas: a failure of the store, though it answers.
            availability.Metrics.CountFailure(e);
            throw;
        }
        catch (Exception e) when (RedisErrors.Translate(e, options) is { } error)
        {
            if (_lanes is not null)
                availability.ReportFailure(error, e);
            throw error;
        }
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
        var owner = await claim.CheckAsync(Redis, _verified, TranslateAsync);
        var isOurs = owner != StoreOwner.Other;
        if (owner == StoreOwner.UsOverwritten)
            Log.Restored(logger, options.ToString());
        if (isOurs && !_verified)
            await TranslateAsync(CheckLayoutAsync, CancellationToken.None);
        if (isOurs)
            Volatile.Write(ref _reported, false);
        // Once true, it stays: during a failover, no node may be known as one of a cluster.
        _sharded = _sharded || Redis.GetServers().Any(
            server => server is { IsConnected: true, ServerType: ServerType.Cluster } && server.Version >= Sharding);
        _verified = isOurs;
        return isOurs;
    }

    private async Task<bool> CheckLayoutAsync(RedisLanes lanes)
    {
        await _layout.CheckAsync(lanes.Small.Redis.GetDatabase());
        return true;
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "{Problem} Until then, /health/ready answers 503.")]
        public static partial void Unfit(ILogger logger, string problem);

        [LoggerMessage(
            LogLevel.Warning,
            "The store at {Server} has no persistence: a restart of Redis loses all deployments. " +
            "Set 'appendonly yes'.")]
        public static partial void NotPersistent(ILogger logger, string server);

        [LoggerMessage(
            LogLevel.Error,
            "The check value of the secret in the store at {Server} was overwritten with that of another secret. The " +
            "deployments there are of this installation, so its check value was restored. Use the same 'secret' in " +
            "all instances, or list the other one in 'previous_secrets'.")]
        public static partial void Restored(ILogger logger, string server);

        [LoggerMessage(
            LogLevel.Error,
            "The store at {Server} was claimed by an installation with another secret. " +
            "Requests are answered with 503. Use the same 'secret' in all " +
            "instances (or list the other one in 'previous_secrets'), or another 'redis.prefix' or server for each " +
            "installation.")]
        public static partial void ForeignData(ILogger logger, string server);
    }
}
