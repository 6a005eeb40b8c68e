using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Goterra.Core.Model;
using Goterra.Core.Waiting;
using Goterra.Infrastructure;
using Goterra.Infrastructure.Encryption;
using Goterra.Infrastructure.Redis;
using Goterra.Infrastructure.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Goterra.Tests.Support;

/// <summary>A store with its feed, without the server around it.</summary>
public sealed class OpenStore : IAsyncDisposable
{
    public static readonly SecretRing TestSecret = new("a secret of the tests, longer than 32 bytes", []);

    private readonly IHost _host;

    private OpenStore(IHost host) => _host = host;

    public IDeploymentRepository Repository => _host.Services.GetRequiredService<IDeploymentRepository>();

    public ChangeHub Hub => _host.Services.GetRequiredService<ChangeHub>();

    public IServiceProvider Services => _host.Services;

    public static async Task<OpenStore> StartAsync(
        StoreOptions options, Limits? limits = null, SecretRing? secrets = null, TimeProvider? time = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.None));
        builder.Services.AddSingleton(time ?? TimeProvider.System).AddSingleton(
            limits ?? new Limits()).AddSingleton(new AccessOptions()).AddSingleton<ChangeHub>()
            .AddSingleton<WaitRegistry>();
        builder.Services.AddGoterraStore(options, secrets ?? TestSecret);
        var host = builder.Build();
        try
        {
            await host.StartAsync();
        }
        catch
        {
            await ((IAsyncDisposable)host).DisposeAsync();
            throw;
        }

        return new OpenStore(host);
    }

    /// <summary>Does what housekeeping does from time to time.</summary>
    public async Task SweepAsync()
    {
        if (Services.GetService<SqliteHousekeeping>() is { } housekeeping)
        {
            await housekeeping.SweepAsync(CancellationToken.None);
            return;
        }

        await Services.GetRequiredService<RedisLeases>().SweepAsync(CancellationToken.None);
        await Services.GetRequiredService<RedisRemoval>().SweepAsync(CancellationToken.None);
    }

    public static StoreOptions In(TempFolder folder) => new() { Data = folder.File("data") };

    public static StoreOptions At(RedisServer redis) =>
        new() { Redis = new RedisOptions { Host = "127.0.0.1", Port = redis.Port } };

    public static StoreOptions At(RedisCluster cluster) => new() { Redis = new RedisOptions { Host = cluster.Hosts } };

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        await ((IAsyncDisposable)_host).DisposeAsync();
    }
}

/// <summary>One store of each kind for a class of tests, started when the first test asks for it.</summary>
public sealed class StoresFixture : IAsyncLifetime
{
    private readonly Dictionary<StoreKind, Task<OpenStore>> _stores = [];
    private readonly List<OpenStore> _more = [];
    private readonly TempFolder _folder = new();
    private RedisServer? _redis;
    private RedisCluster? _cluster;

    public Task InitializeAsync() => Task.CompletedTask;

    public Task<OpenStore> GetAsync(StoreKind kind)
    {
        lock (_stores)
        {
            if (!_stores.TryGetValue(kind, out var store))
                _stores.Add(kind, store = StartAsync(kind));
            return store;
        }
    }

    /// <summary>
    /// One more process, as it were: a connection of its own to the same store. The embedded store is of one process.
    /// </summary>
    public async Task<OpenStore> ConnectAsync(StoreKind kind)
    {
        var first = await GetAsync(kind);
        if (kind == StoreKind.Embedded)
            return first;

        var store = await OpenStore.StartAsync(
            kind == StoreKind.Redis ? OpenStore.At(_redis!) : OpenStore.At(_cluster!));
        _more.Add(store);
        return store;
    }

    public async Task DisposeAsync()
    {
        foreach (var store in _more)
            await store.DisposeAsync();
        foreach (var store in _stores.Values)
            await (await store).DisposeAsync();
        if (_redis is not null)
            await _redis.DisposeAsync();
        if (_cluster is not null)
            await _cluster.DisposeAsync();
        _folder.Dispose();
    }

    private async Task<OpenStore> StartAsync(StoreKind kind)
    {
        var limits = new Limits { Keys = 50, DeploymentBytes = 12_000_000 };
        switch (kind)
        {
            case StoreKind.Redis:
                _redis = await RedisServer.StartAsync();
                return await OpenStore.StartAsync(OpenStore.At(_redis), limits);
            case StoreKind.Cluster:
                _cluster = await RedisCluster.StartAsync();
                return await OpenStore.StartAsync(OpenStore.At(_cluster), limits);
            default:
                return await OpenStore.StartAsync(OpenStore.In(_folder), limits, time: new TimeWithoutTimers());
        }
    }
}
