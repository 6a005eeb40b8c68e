using StackExchange.Redis;

namespace Goterra.Infrastructure.Redis;

/// <summary>
/// A connection to the store. There is one for large values and one for everything else: Redis answers the calls of a
/// connection in turn, so that behind a large value, a small one would wait.
/// </summary>
internal sealed class RedisLane : IAsyncDisposable
{
    /// <summary>The largest value, in bytes, that is not a large one.</summary>
    public const int MaxSmall = 64 * 1024;

    private readonly ReplicatedWrites? _replicated;

    private RedisLane(ConnectionMultiplexer redis, ReplicatedWrites? replicated) =>
        (Redis, _replicated) = (redis, replicated);

    public ConnectionMultiplexer Redis { get; }

    /// <param name="configuration">How to connect; a new instance each time.</param>
    /// <param name="minReplicas">How many replicas must confirm a write.</param>
    public static async Task<RedisLane> OpenAsync(Func<ConfigurationOptions> configuration, int minReplicas)
    {
        var connections = await OpenAllAsync(
            minReplicas > 0 ? 2 : 1, () => ConnectionMultiplexer.ConnectAsync(configuration()));
        return new RedisLane(
            connections[0], connections is [_, var second] ? new ReplicatedWrites(second, minReplicas) : null);
    }

    /// <summary>Opens some concurrently. If one fails, closes the others.</summary>
    public static async Task<T[]> OpenAllAsync<T>(int count, Func<Task<T>> open)
        where T : IAsyncDisposable
    {
        var opening = Enumerable.Range(0, count).Select(async _ => await open()).ToArray();
        var all = Task.WhenAll(opening);
        try
        {
            return await all;
        }
        catch
        {
            foreach (var opened in opening.Where(one => one.IsCompletedSuccessfully))
                await (await opened).DisposeAsync();
            throw;
        }
    }

    public Task<RedisResult> EvaluateAsync(RedisScript script, RedisKey[] names, RedisValue[] arguments) =>
        script.Writes && _replicated is not null
            ? _replicated.RunAsync(names[0], writer => script.EvaluateAsync(writer, names, arguments))
            : script.EvaluateAsync(Redis.GetDatabase(), names, arguments);

    // Each waits for its pending calls, which may time out.
    public async ValueTask DisposeAsync() => await Task.WhenAll(
        Redis.DisposeAsync().AsTask(), _replicated?.DisposeAsync().AsTask() ?? Task.CompletedTask);
}

/// <summary>The connections of this process to the store.</summary>
internal sealed record RedisLanes(RedisLane Small, RedisLane Large) : IAsyncDisposable
{
    /// <inheritdoc cref="RedisLane.OpenAsync"/>
    public static async Task<RedisLanes> OpenAsync(Func<ConfigurationOptions> configuration, int minReplicas)
    {
        var lanes = await RedisLane.OpenAllAsync(2, () => RedisLane.OpenAsync(configuration, minReplicas));
        return new RedisLanes(lanes[0], lanes[1]);
    }

    /// <param name="bytes">The payload of a call.</param>
    public RedisLane For(long bytes) => bytes > RedisLane.MaxSmall ? Large : Small;

    public async ValueTask DisposeAsync() =>
        await Task.WhenAll(Small.DisposeAsync().AsTask(), Large.DisposeAsync().AsTask());
}
