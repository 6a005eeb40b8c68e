using Goterra.Bench.Servers;

namespace Goterra.Bench.Faults;

/// <summary>Faults of the embedded store, and of one redis-server with one or two instances.</summary>
internal static class SingleFaults
{
    private const int Times = 3;

    private static readonly TimeSpan Short = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan CutInterval = TimeSpan.FromMilliseconds(250);

    public static IReadOnlyList<Fault> All { get; } =
    [
        new("embedded: kill -9 of the server, three times", KillEmbeddedAsync),
        new("embedded: connections of clients reset 40 times, in the middle of answers", CutClientsAsync),
        new("Redis: kill -9 of one of two instances, three times", KillInstanceAsync),
        new("Redis: kill -9 of redis-server (append-only file, fsync always), three times",
            program => WithRedisAsync(program, async redis =>
            {
                for (var i = 0; i < Times; i++)
                {
                    await redis.CrashAsync(Short);
                    await Task.Delay(Short, TimeProvider.System);
                }
            })),
        new("Redis: redis-server stopped, and started after 10 s",
            program => WithRedisAsync(program, redis => redis.RestartAsync(Long))),
        new("Redis: redis-server paused for 10 s",
            program => WithRedisAsync(program, redis => redis.PauseAsync(Long))),
        new("Redis: connections to redis-server reset 40 times, in the middle of answers", CutRedisAsync),
        new("Redis: a second instance with another secret is started", OtherSecretAsync),
    ];

    private static async Task<CheckResult> KillEmbeddedAsync(string program)
    {
        using var server = await GoterraStore.LaunchAsync(program, redis: null);
        using var checker = new Checker([server.EndPoint]);
        return await checker.RunAsync(() => CrashAsync(server));
    }

    private static async Task<CheckResult> KillInstanceAsync(string program)
    {
        using var redis = await RedisServer.StartAsync("always");
        using var one = await GoterraStore.LaunchAsync(program, redis);
        using var two = await GoterraStore.LaunchAsync(program, redis);
        using var checker = new Checker([one.EndPoint, two.EndPoint]);
        return await checker.RunAsync(() => CrashAsync(one));
    }

    private static async Task<CheckResult> CutClientsAsync(string program)
    {
        using var server = await GoterraStore.LaunchAsync(program, redis: null);
        using var relay = new CuttingRelay(server.EndPoint);
        using var checker = new Checker([relay.EndPoint]);
        return await checker.RunAsync(() => relay.CutAsync(40, CutInterval));
    }

    private static async Task<CheckResult> CutRedisAsync(string program)
    {
        using var redis = await RedisServer.StartAsync("always");
        using var relay = new CuttingRelay(redis.EndPoint);
        using var server = await GoterraStore.LaunchAsync(program, GoterraStore.On(relay.EndPoint));
        using var checker = new Checker([server.EndPoint]);
        return await checker.RunAsync(() => relay.CutAsync(40, CutInterval));
    }

    private static async Task<CheckResult> WithRedisAsync(string program, Func<RedisServer, Task> fault)
    {
        using var redis = await RedisServer.StartAsync("always");
        using var server = await GoterraStore.LaunchAsync(program, redis);
        using var checker = new Checker([server.EndPoint]);
        return await checker.RunAsync(() => fault(redis));
    }

    private static async Task<CheckResult> OtherSecretAsync(string program)
    {
        using var redis = await RedisServer.StartAsync("always");
        using var server = await GoterraStore.LaunchAsync(program, redis);
        using var checker = new Checker([server.EndPoint]);
        return await checker.RunAsync(async () =>
        {
            var other = new Dictionary<string, string>(GoterraStore.On(redis.EndPoint))
            {
                ["GOT_SECRET"] = "another secret of the benchmark, longer than 32 bytes",
            };
            try
            {
                using var second = await GoterraStore.LaunchAsync(program, other);
                throw new InvalidOperationException("An instance with another secret has started.");
            }
            catch (IOException e) when (e.Message.Contains("secret", StringComparison.Ordinal))
            {
                // It was refused.
            }
        });
    }

    private static async Task CrashAsync(ServerProcess server)
    {
        for (var i = 0; i < Times; i++)
        {
            await server.CrashAsync(Short);
            await Task.Delay(Short, TimeProvider.System);
        }
    }
}
