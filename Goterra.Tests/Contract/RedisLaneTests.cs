using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Goterra.Core.Model;
using Goterra.Infrastructure;
using Goterra.Infrastructure.Redis;
using StackExchange.Redis;

namespace Goterra.Tests.Contract;

/// <summary>Large values take a connection of their own.</summary>
[Trait("Category", "Contract")]
public sealed class RedisLaneTests : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly byte[] Large = new byte[3_000_000];

    private RedisServer? _redis;
    private TcpRelay? _relay;
    private OpenStore? _store;
    private DeploymentId _id;

    private IDeploymentRepository Repository => _store!.Repository;

    public async Task InitializeAsync()
    {
        if (!RedisServer.IsInstalled)
            return;

        _redis = await RedisServer.StartAsync();
        _relay = new TcpRelay(_redis.Port);
        _store = await OpenStore.StartAsync(
            new StoreOptions { Redis = new RedisOptions { Host = "127.0.0.1", Port = _relay.Port } });
        _id = (await Repository.CreateAsync(
            new NewDeployment(DeploymentId.New(), Owner.Anonymous, null, null, "e1", null), None)).Id;
        await PutAsync("large", Large);
        await PutAsync("small", "v"u8.ToArray());
    }

    public async Task DisposeAsync()
    {
        if (_store is not null)
            await _store.DisposeAsync();
        if (_relay is not null)
            await _relay.DisposeAsync();
        if (_redis is not null)
            await _redis.DisposeAsync();
    }

    [FactWith("redis-server")]
    public async Task ReadAsync_BehindALargeRead_IsNotDelayed()
    {
        var held = _relay!.HoldAfter(1_000_000);
        var large = ReadAsync("large");
        await held;

        Assert.Equal("v", (await ReadAsync("small")).Value!.AsText());
        Assert.Equal(OutcomeKind.Done, (await PutAsync("small", "w"u8.ToArray())).Kind);
        Assert.False(large.IsCompleted);
        _relay.Release();
        Assert.Equal(Large.Length, (await large).Value!.Bytes.Length);
    }

    [FactWith("redis-server")]
    public async Task ReadAsync_BehindALargeWrite_IsNotDelayed()
    {
        var held = _relay!.HoldAfter(1_000_000);
        var large = PutAsync("other", Large);
        await held;

        Assert.Equal("v", (await ReadAsync("small")).Value!.AsText());
        Assert.Null((await ReadAsync("other")).Value);
        Assert.False(large.IsCompleted);
        _relay.Release();
        Assert.Equal(OutcomeKind.Done, (await large).Kind);
    }

    [FactWith("redis-server")]
    public async Task ReadAsync_BehindAListingWithLargeValues_IsNotDelayed()
    {
        var listing = await Repository.ListAsync(_id, KeyPrefix.All, None);
        var held = _relay!.HoldAfter(1_000_000);
        var values = Repository.LoadAsync(_id, listing!.Keys, None);
        await held;

        Assert.Equal("v", (await ReadAsync("small")).Value!.AsText());
        Assert.False(values.IsCompleted);
        _relay.Release();
        Assert.Equal(Large.Length, (await values)!["large"].Bytes.Length);
    }

    [FactWith("redis-server")]
    public async Task OpenAsync_OneConnectionFails_ClosesTheOthers()
    {
        var calls = 0;
        await Assert.ThrowsAsync<FormatException>(() => RedisLanes.OpenAsync(
            () => Interlocked.Increment(ref calls) == 4
                ? throw new FormatException()
                : new ConfigurationOptions { EndPoints = { { "127.0.0.1", _redis!.Port } }, ClientName = "opened" },
            minReplicas: 1));

        await using var observer = await ConnectionMultiplexer.ConnectAsync(
            $"127.0.0.1:{_redis!.Port},allowAdmin=true");
        await Eventually.Async(async () =>
            !(await observer.GetServers()[0].ClientListAsync()).Any(client => client.Name == "opened"));
        Assert.Equal(4, calls);
    }

    private Task<ValueReading> ReadAsync(string key) => Repository.ReadAsync(_id, ValueKey.Parse(key), None);

    private Task<Outcome> PutAsync(string key, byte[] value) => Repository.PutAsync(
        new ValueWrite(_id, ValueKey.Parse(key), new EpochProof("e1"), WriteCondition.None, null), value, None);
}
