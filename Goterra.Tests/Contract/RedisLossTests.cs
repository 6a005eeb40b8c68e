using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Goterra.Core.Model;
using Goterra.Core.Tokens;
using Microsoft.Extensions.DependencyInjection;
using StackExchange.Redis;

namespace Goterra.Tests.Contract;

/// <summary>A Redis that has lost part of a deployment: by eviction, or by another program.</summary>
[Trait("Category", "Contract")]
public sealed class RedisLossTests : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly NamespaceName Team = NamespaceName.Parse("team");

    private RedisServer? _redis;
    private OpenStore? _store;
    private DeploymentId _id;

    private IDeploymentRepository Repository => _store!.Repository;

    public async Task InitializeAsync()
    {
        if (!RedisServer.IsInstalled)
            return;

        _redis = await RedisServer.StartAsync();
        _store = await OpenStore.StartAsync(OpenStore.At(_redis));
        _id = (await Repository.CreateAsync(
            new NewDeployment(
                DeploymentId.New(), new Owner("config", "alice"), Team, null, "e1", null,
                await Namespaces.GetOrCreateEpochAsync(Team, None)),
            None)).Id;
        foreach (var key in new[] { "nodes/a", "nodes/b", "other" })
            await PutAsync(key, WriteCondition.None);
        await Repository.RemoveAsync(Write("other", WriteCondition.None), None);
        await PutAsync("nodes/a", WriteCondition.Exists);
    }

    public async Task DisposeAsync()
    {
        if (_store is not null)
            await _store.DisposeAsync();
        if (_redis is not null)
            await _redis.DisposeAsync();
    }

    [FactWith("redis-server")]
    public async Task AnyMethod_NothingLost_Succeeds()
    {
        Assert.Equal(2, (await Repository.CountAsync(_id, KeyPrefix.All, None)).Count);
        Assert.Null((await ReadAsync("absent")).Value);
        Assert.Equal(
            OutcomeKind.Absent, (await Repository.RemoveAsync(Write("absent", WriteCondition.None), None)).Kind);
        Assert.Equal(OutcomeKind.Done, (await PutAsync("absent", WriteCondition.Absent)).Kind);
        Assert.Equal(3, (await Repository.ListAsync(_id, KeyPrefix.All, None))!.Keys.Count);
    }

    [FactWith("redis-server")]
    public async Task AnyMethod_NamesLost_NamesTheLoss()
    {
        await LoseAsync("names");

        await LostAsync(() => Repository.ListAsync(_id, KeyPrefix.All, None));
        await LostAsync(() => Repository.CountAsync(_id, KeyPrefix.All, None));
        await LostAsync(() => PutAsync("nodes/c", WriteCondition.Absent));
        Assert.Equal("v", (await ReadAsync("nodes/a")).Value!.AsText());
        await DeletesEverythingAsync();
    }

    [FactWith("redis-server")]
    public async Task AnyMethod_IndexLost_NamesTheLoss()
    {
        await LoseAsync("index");

        await LostAsync(() => Repository.ListAsync(_id, KeyPrefix.All, None));
        await LostAsync(() => PutAsync("nodes/c", WriteCondition.Absent));
        await LostAsync(() => ReadAsync("nodes/c"));
        await LostAsync(() => Repository.RemoveAsync(Write("nodes/c", WriteCondition.None), None));
        await DeletesEverythingAsync();
    }

    [FactWith("redis-server")]
    public async Task AnyMethod_ValueLost_NamesTheLossAndHasNoSecondWinner()
    {
        var listing = await Repository.ListAsync(_id, KeyPrefix.All, None);
        await LoseAsync("value:nodes/a");

        await LostAsync(() => ReadAsync("nodes/a"));
        await LostAsync(() => PutAsync("nodes/a", WriteCondition.Absent));
        await LostAsync(() => PutAsync("nodes/a", WriteCondition.None));
        await LostAsync(() => Repository.RemoveAsync(Write("nodes/a", WriteCondition.None), None));
        await LostAsync(() => Repository.LoadAsync(_id, listing!.Keys, None));
        Assert.Equal("v", (await ReadAsync("nodes/b")).Value!.AsText());
        Assert.Null((await ReadAsync("absent")).Value);
        await DeletesEverythingAsync();
    }

    [FactWith("redis-server")]
    public async Task ReadAsync_ValueLostBesideOthersThatAreReadAtOnce_ConcernsOnlyItsOwnCallers()
    {
        await LoseAsync("value:nodes/a");
        await _redis!.CommandAsync("SET", $"goterra:{{{_id}}}:value:nodes/b", "1 1 00 1 0 0\nnot sealed");
        await PutAsync("nodes/c", WriteCondition.None);

        var first = ReadAsync("other");
        var reads = Enumerable.Range(0, 20).Select(_ => ReadAsync("nodes/c")).ToList();
        var lost = ReadAsync("nodes/a");
        var damaged = ReadAsync("nodes/b");

        await LostAsync(() => lost);
        await Assert.ThrowsAnyAsync<Exception>(() => damaged);
        Assert.All(await Task.WhenAll(reads), read => Assert.Equal("v", read.Value!.AsText()));
        Assert.Null((await first).Value);
    }

    [FactWith("redis-server")]
    public async Task DeleteAsync_NamesAndIndexLost_LeavesNoValue()
    {
        await LoseAsync("names");
        await LoseAsync("index");

        await LostAsync(() => ReadAsync("absent"));
        await DeletesEverythingAsync();
    }

    [FactWith("redis-server")]
    public async Task GetOrCreateEpochAsync_EpochLost_NamesTheLossUntilRevoked()
    {
        await _redis!.CommandAsync("DEL", "goterra:ns:team:epoch");

        await Assert.ThrowsAsync<NamespaceEpochLostException>(() => Namespaces.GetOrCreateEpochAsync(Team, None));
        var epoch = await Namespaces.RevokeAsync(Team, None);

        // Later than every copy.
        Assert.Equal(epoch, (await Repository.FindAsync(_id, None))!.NamespaceEpoch);
        Assert.Equal(epoch, await Namespaces.GetOrCreateEpochAsync(Team, None));
    }

    private INamespaceRepository Namespaces => _store!.Services.GetRequiredService<INamespaceRepository>();

    private async Task LostAsync(Func<Task> call)
    {
        var lost = await Assert.ThrowsAsync<StoreDamagedException>(call);
        Assert.Contains($"lost part of the deployment {_id}", lost.Message, StringComparison.Ordinal);
    }

    private async Task DeletesEverythingAsync()
    {
        Assert.Equal(OutcomeKind.Done, await Repository.DeleteAsync(_id, new EpochProof("e1"), None));
        await using var connection =
            await ConnectionMultiplexer.ConnectAsync($"127.0.0.1:{_redis!.Port},allowAdmin=true");
        var left = (string[])(await connection.GetDatabase().ExecuteAsync("KEYS", $"*{_id}*"))!;
        Assert.Equal([$"goterra:{{{_id}}}:grave"], left);
    }

    private Task LoseAsync(string part) => _redis!.CommandAsync("DEL", $"goterra:{{{_id}}}:{part}");

    private Task<ValueReading> ReadAsync(string key) => Repository.ReadAsync(_id, ValueKey.Parse(key), None);

    private Task<Outcome> PutAsync(string key, WriteCondition condition) =>
        Repository.PutAsync(Write(key, condition), "v"u8.ToArray(), None);

    private ValueWrite Write(string key, WriteCondition condition) =>
        new(_id, ValueKey.Parse(key), new EpochProof("e1"), condition, null);
}
