using System.Globalization;
using System.Text.Json;
using Goterra.Infrastructure.Encryption;
using Goterra.Infrastructure.Redis;
using StackExchange.Redis;

namespace Goterra.Infrastructure.Maintenance;

/// <summary>Looks at a store in Redis, and changes nothing.</summary>
internal static class RedisSurvey
{
    private const int PageSize = 1000;

    public static async Task<StoreFindings> CheckAsync(RedisOptions options, RedisKeys keys, SecretRing secrets)
    {
        try
        {
            return await WithAsync(options, async redis =>
            {
                var db = redis.GetDatabase();
                var claim = (byte[]?)await db.StringGetAsync(keys.Secret);
                var server = redis.GetServers().Where(server => server.IsConnected).OrderBy(server => server.IsReplica)
                    .First();
                var layout = await db.StringGetAsync(keys.Layout);
                string?[] errors =
                [
                    await RedisServerCheck.FindProblemAsync(redis, options),
                    layout.HasValue && layout != RedisKeys.LayoutVersion ? "It belongs to another version." : null,
                ];
                string?[] warnings =
                [
                    await RedisServerCheck.FindMissingReplicasAsync(redis, options.MinReplicas),
                    await RedisServerCheck.LacksPersistenceAsync(redis)
                        ? "a restart of Redis loses all deployments: set 'appendonly yes'"
                        : null,
                ];
                return new StoreFindings
                {
                    Exists = claim is not null,
                    HasOtherSecret = claim is not null && !SecretKeys.IsCheckOfAny(claim, secrets),
                    Errors = [.. errors.OfType<string>()],
                    Warnings = [.. warnings.OfType<string>()],
                    Clock = new DateTimeOffset(await server.TimeAsync(), TimeSpan.Zero),
                };
            });
        }
        catch (Exception e) when (e is RedisException or TimeoutException)
        {
            return new StoreFindings { Exists = true, Errors = [OneLine(e)] };
        }
    }

    /// <exception cref="Sqlite.StoreFolderException">It cannot be read.</exception>
    public static async Task<StoreStatistics> CountAsync(RedisOptions options, RedisKeys keys)
    {
        try
        {
            return await WithAsync(options, redis => CountAsync(redis, keys));
        }
        catch (Exception e) when (e is RedisException or TimeoutException)
        {
            throw new Sqlite.StoreFolderException($"The store at {options} cannot be read: {OneLine(e)}", e);
        }
    }

    private static async Task<StoreStatistics> CountAsync(ConnectionMultiplexer redis, RedisKeys keys)
    {
        var db = redis.GetDatabase();
        var (deployments, failed, count, bytes, waits) = (0L, 0L, 0L, 0L, 0L);
        await foreach (var record in RedisScan.FindAsync(redis, keys.AnyRecord, int.MaxValue, PageSize))
        {
            var fields = await db.HashGetAsync(record, ["state", "keys", "bytes", "expires"]);
            if (!fields[0].HasValue || IsOver(fields[3]))
                continue;
            deployments++;
            failed += fields[0] == "failed" ? 1 : 0;
            count += (long)fields[1];
            bytes += (long)fields[2];
        }

        await foreach (var board in RedisScan.FindAsync(redis, keys.AnyWaiting, int.MaxValue, PageSize))
        {
            if ((byte[]?)await db.StringGetAsync(board) is { } json)
                waits += JsonDocument.Parse(json).RootElement.GetArrayLength();
        }

        return new StoreStatistics(deployments, failed, count, bytes, await MemoryAsync(redis), waits);
    }

    private static async Task<long> MemoryAsync(ConnectionMultiplexer redis)
    {
        var memory = 0L;
        foreach (var server in redis.GetServers().Where(server => server is { IsConnected: true, IsReplica: false }))
        {
            var lines = ((string?)await server.ExecuteAsync("INFO", "memory") ?? "").Split("\r\n");
            var used = Array.Find(lines, line => line.StartsWith("used_memory:", StringComparison.Ordinal));
            memory += used is null ? 0 : long.Parse(used.Split(':')[1], CultureInfo.InvariantCulture);
        }

        return memory;
    }

    private static bool IsOver(RedisValue expires) =>
        (long)expires is > 0 and var end && end < TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();

    private static async Task<T> WithAsync<T>(RedisOptions options, Func<ConnectionMultiplexer, Task<T>> use)
    {
        await using var route = options.Sentinel is { } service
            ? await SentinelRoute.OpenAsync(RedisConfiguration.For(options), service, TimeProvider.System)
            : null;
        var configuration = route is null ? RedisConfiguration.For(options) : RedisConfiguration.For(options, route);
        configuration.AbortOnConnectFail = true;
        await using var redis = await ConnectionMultiplexer.ConnectAsync(configuration);
        return await use(redis);
    }

    private static string OneLine(Exception e) => e.Message.ReplaceLineEndings(" ");
}
