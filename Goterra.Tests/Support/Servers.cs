namespace Goterra.Tests.Support;

/// <summary>Two instances on one Redis; with the embedded store, one server that is both.</summary>
public sealed class Servers : IAsyncDisposable
{
    private readonly RedisServer? _redis;

    private Servers(RedisServer? redis, RunningServer one, RunningServer two) => (_redis, One, Two) = (redis, one, two);

    public RunningServer One { get; }

    public RunningServer Two { get; }

    public static async Task<Servers> StartAsync(
        StoreKind kind, IReadOnlyDictionary<string, string?>? settings = null, string? yaml = null)
    {
        if (kind == StoreKind.Embedded)
        {
            var server = await RunningServer.StartAsync(settings, yaml: yaml);
            return new Servers(null, server, server);
        }

        var redis = await RedisServer.StartAsync();
        var all = RunningServer.On(redis);
        foreach (var (name, value) in settings ?? new Dictionary<string, string?>())
            all[name] = value;
        return new Servers(
            redis, await RunningServer.StartAsync(all, yaml: yaml), await RunningServer.StartAsync(all, yaml: yaml));
    }

    public async ValueTask DisposeAsync()
    {
        if (Two != One)
            await Two.DisposeAsync();
        await One.DisposeAsync();
        if (_redis is not null)
            await _redis.DisposeAsync();
    }
}
