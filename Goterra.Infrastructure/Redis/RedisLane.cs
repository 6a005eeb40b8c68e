using StackExchange.Redis;

namespace Goterra.Infrastructure.Redis;

/// <summary>
/// A connection to the store. There is one for small calls and one for large ones: Redis answers the calls of a
/// connection in turn, so that behind a large value, a small one would wait.
/// </summary>
internal sealed class RedisLane : IAsyncDisposable
{
    /// <summary>The largest payload of a small call.</summary>
    public const int MaxSmall = 64 * 1024;

    private readonly ReplicatedWrites? _replicated;

    private RedisLane(ConnectionMultiplexer redis, ReplicatedWrites? replicated) =>
        (Redis, _replicated) = (redis, replicated);

    public ConnectionMultiplexer Redis { get; }

    /// <param name="configuration">How to connect; a new instance each time.</param>
    /// <param name="minReplicas">How many replicas must confirm a write.</param>
    public static async Task<RedisLane> OpenAsync(Func<ConfigurationOptions> configuration, int minReplicas)
    {
        var replicated = minReplicas > 0 ? ConnectionMultiplexer.ConnectAsync(configuration()) : null;
        var redis = await ConnectionMultiplexer.ConnectAsync(configuration());
        return new RedisLane(redis, replicated is null ? null : new ReplicatedWrites(await replicated, minReplicas));
    }

    public Task<RedisResult> EvaluateAsync(RedisScript script, RedisKey[] names, RedisValue[] arguments) =>
        script.Writes && _replicated is not null
            ? _replicated.RunAsync(names[0], writer => script.EvaluateAsync(writer, names, arguments))
            : script.EvaluateAsync(Redis.GetDatabase(), names, arguments);

    public async ValueTask DisposeAsync()
    {
        if (_replicated is not null)
            await _replicated.DisposeAsync();
        await Redis.DisposeAsync();
    }
}

/// <summary>The connections of this process to the store.</summary>
internal sealed record RedisLanes(RedisLane Small, RedisLane Large) : IAsyncDisposable
{
    /// <inheritdoc cref="RedisLane.OpenAsync"/>
    public static async Task<RedisLanes> OpenAsync(Func<ConfigurationOptions> configuration, int minReplicas)
    {
        var large = RedisLane.OpenAsync(configuration, minReplicas);
        return new RedisLanes(await RedisLane.OpenAsync(configuration, minReplicas), await large);
    }

    /// <param name="bytes">The payload of a call.</param>
    public RedisLane For(long bytes) => bytes > RedisLane.MaxSmall ? Large : Small;

    public async ValueTask DisposeAsync()
    {
        await Small.DisposeAsync();
        await Large.DisposeAsync();
    }
}
