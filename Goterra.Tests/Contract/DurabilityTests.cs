using System.Collections.Concurrent;
using System.Security.Cryptography;
using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Goterra.Core.Model;
using Goterra.Infrastructure.Encryption;
using Goterra.Infrastructure.Redis;
using Goterra.Infrastructure.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Goterra.Tests.Contract;

/// <summary>What was acknowledged is there, whatever happens to the store.</summary>
[Trait("Category", "Contract")]
public sealed class DurabilityTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Theory, ClassData(typeof(EachStoreData))]
    public async Task PutAsync_ValuesOfAllSizes_SurviveRestart(StoreKind kind)
    {
        using var folder = new TempFolder();
        await using var redis = kind == StoreKind.Redis ? await RedisServer.StartAsync() : null;
        var options = redis is null ? OpenStore.In(folder) : OpenStore.At(redis);
        var written = new ConcurrentDictionary<string, byte[]>();
        DeploymentId id;

        await using (var store = await OpenStore.StartAsync(options))
        {
            id = await CreateAsync(store.Repository);
            var sizes = Enumerable.Repeat(100, 3000).Concat(
                Enumerable.Repeat(100_000, 380)).Concat([2_000_000, 10_000_000]).ToArray();
            var sixteen = new ParallelOptions { MaxDegreeOfParallelism = 16 };
            await Parallel.ForAsync(0, sizes.Length, sixteen, async (i, _) =>
                await PutAsync(
                    store.Repository, id, $"k{i}", written[$"k{i}"] = RandomNumberGenerator.GetBytes(sizes[i])));
            await AssertAllThereAsync(store.Repository, id, written);
        }

        if (redis is not null)
        {
            await redis.KillAsync();
            await redis.RestartAsync();
        }

        await using (var store = await OpenStore.StartAsync(options))
            await AssertAllThereAsync(store.Repository, id, written);
    }

    [Fact]
    public async Task StartAsync_DataOfAnotherSecret_IsRefusedUnlessPrevious()
    {
        using var folder = new TempFolder();
        var other = new SecretRing("another secret of the tests, longer than 32 bytes", []);
        DeploymentId id;
        await using (var store = await OpenStore.StartAsync(OpenStore.In(folder)))
        {
            id = await CreateAsync(store.Repository);
            await PutAsync(store.Repository, id, "k", "old"u8.ToArray());
        }

        var refused = await Assert.ThrowsAsync<WrongSecretException>(
            () => OpenStore.StartAsync(OpenStore.In(folder), secrets: other));
        Assert.Contains("previous_secrets", refused.Message, StringComparison.Ordinal);

        var rotated = other with { Previous = [new PreviousSecret(OpenStore.TestSecret.Current, Verify: false)] };
        await using (var store = await OpenStore.StartAsync(OpenStore.In(folder), secrets: rotated))
            Assert.Equal(
                "old"u8.ToArray(),
                (await store.Repository.ReadAsync(id, ValueKey.Parse("k"), None)).Value!.Bytes.ToArray());

        // From now on the new one is the store's.
        await Assert.ThrowsAsync<WrongSecretException>(() => OpenStore.StartAsync(OpenStore.In(folder)));
    }

    [FactWith("redis-server")]
    public async Task CreateAsync_StoreLostItsData_ClaimsItAgain()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var store = await OpenStore.StartAsync(OpenStore.At(redis));
        await redis.CommandAsync("FLUSHALL");
        await CreateAsync(store.Repository);

        await Assert.ThrowsAsync<WrongSecretException>(() => OpenStore.StartAsync(
            OpenStore.At(redis), secrets: new SecretRing("another secret of the tests, longer than 32 bytes", [])));
    }

    [FactWith("redis-server")]
    public async Task VerifyAsync_StoreLostItsData_ClaimsItWithinHalfAMinute()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var redis = await RedisServer.StartAsync();
        await using var server = await RunningServer.StartAsync(RunningServer.On(redis), time: time);
        var store = server.Services.GetRequiredService<RedisConnection>();
        var secret = server.Services.GetRequiredService<RedisKeys>().Secret;

        await redis.CommandAsync("FLUSHALL");
        await Eventually.Async(() =>
        {
            time.Advance(TimeSpan.FromSeconds(30));
            return store.Redis.GetDatabase().KeyExistsAsync(secret);
        });

        await Assert.ThrowsAsync<WrongSecretException>(() => OpenStore.StartAsync(
            OpenStore.At(redis), secrets: new SecretRing("another secret of the tests, longer than 32 bytes", [])));
        await (await OpenStore.StartAsync(OpenStore.At(redis))).DisposeAsync();
    }

    [FactWith("redis-server")]
    public async Task DeleteAsync_StoreFull_FreesSpace()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var store = await OpenStore.StartAsync(OpenStore.At(redis));
        var id = await CreateAsync(store.Repository);
        await PutAsync(store.Repository, id, "k", new byte[1_000_000]);
        await redis.CommandAsync("CONFIG", "SET", "maxmemory", "1mb");

        await Assert.ThrowsAsync<StoreFullException>(() => PutAsync(store.Repository, id, "more", [1]));
        var removed = await store.Repository.RemoveAsync(
            new ValueWrite(id, ValueKey.Parse("k"), new EpochProof("e1"), WriteCondition.None, null), None);
        Assert.Equal(OutcomeKind.Done, removed.Kind);
        Assert.Equal(OutcomeKind.Done, await store.Repository.DeleteAsync(id, new EpochProof("e1"), None));
    }

    [Fact]
    public async Task StartAsync_FolderInUse_IsRefused()
    {
        using var folder = new TempFolder();
        await using var store = await OpenStore.StartAsync(OpenStore.In(folder));

        var refused = await Assert.ThrowsAsync<StoreFolderException>(() => OpenStore.StartAsync(OpenStore.In(folder)));

        Assert.Contains("data (GOT_DATA)", refused.Message, StringComparison.Ordinal);
    }

    [FactWith("redis-server")]
    public async Task SweepAsync_ExpiredAndHalfDeleted_LeavesNothing()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var store = await OpenStore.StartAsync(OpenStore.At(redis));
        var database = store.Services.GetRequiredService<RedisConnection>().Redis.GetDatabase();
        var keys = new RedisKeys("goterra");
        var repository = store.Repository;
        var lives = await CreateAsync(repository, TimeSpan.FromHours(1));
        await PutAsync(repository, lives, "k", [1]);
        var expired = await CreateAsync(repository, TimeSpan.FromHours(1));
        await PutAsync(repository, expired, "k", [1]);
        var halfDeleted = await CreateAsync(repository);
        await PutAsync(repository, halfDeleted, "k", [1]);

        // The state after a crash between the two halves of a deletion, and a deployment whose time has run out.
        await database.SortedSetAddAsync(keys.Ends, halfDeleted.ToString(), 0);
        await database.KeyDeleteAsync(keys.Record(halfDeleted));
        await database.HashSetAsync(keys.Record(expired), "expires", "1");
        await database.SortedSetAddAsync(keys.Ends, expired.ToString(), 1);
        await store.Services.GetRequiredService<RedisRemoval>().SweepAsync(None);

        foreach (var id in new[] { expired, halfDeleted })
        {
            var left = await database.KeyExistsAsync(
                [keys.Record(id), keys.Names(id), keys.Index(id), keys.Value(id, "k")]);
            Assert.Equal((0, null), (left, await database.SortedSetScoreAsync(keys.Ends, id.ToString())));
        }

        Assert.NotNull((await repository.ReadAsync(lives, ValueKey.Parse("k"), None)).Value);
    }

    private static async Task<DeploymentId> CreateAsync(IDeploymentRepository repository, TimeSpan? lifetime = null) =>
        (await repository.CreateAsync(
            new NewDeployment(DeploymentId.New(), Owner.Anonymous, null, null, "e1", lifetime), None)).Id;

    private static async Task PutAsync(IDeploymentRepository repository, DeploymentId id, string key, byte[] value)
    {
        var outcome = await repository.PutAsync(
            new ValueWrite(id, ValueKey.Parse(key), new EpochProof("e1"), WriteCondition.None, null), value, None);
        Assert.Equal(OutcomeKind.Done, outcome.Kind);
    }

    private static async Task AssertAllThereAsync(
        IDeploymentRepository repository, DeploymentId id, IReadOnlyDictionary<string, byte[]> written)
    {
        var listing = await repository.ListAsync(id, KeyPrefix.All, None);
        Assert.Superset(written.Keys.ToHashSet(), listing!.Keys.Select(key => key.Key).ToHashSet());
        foreach (var (key, value) in written)
        {
            var read = await repository.ReadAsync(id, ValueKey.Parse(key), None);
            Assert.True(
                read.Value?.Bytes.Span.SequenceEqual(value), $"{key} of {value.Length} bytes is missing or another");
        }
    }
}
