using Goterra.Core.Deployments;
using Goterra.Core.Model;
using Goterra.Core.Tokens;
using Goterra.Core.Access;
using Goterra.Infrastructure.Encryption;
using Goterra.Infrastructure.Redis;
using Microsoft.Extensions.DependencyInjection;

namespace Goterra.Tests.Contract;

/// <summary>Creations with an idempotency key.</summary>
[Trait("Category", "Contract")]
public sealed class CreationContractTests(StoresFixture stores) : IClassFixture<StoresFixture>
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly Owner Alice = new("config", "alice");

    [Theory, ClassData(typeof(EveryStoreData))]
    public async Task CreateOnceAsync_ManyAtOnceOnTwoConnections_CreateOneDeployment(StoreKind kind)
    {
        var (one, two, key) = ((await stores.GetAsync(kind)).Repository, (await stores.ConnectAsync(kind)).Repository,
            NewKey());

        var results = await Task.WhenAll(Enumerable.Range(0, 20).Select(
            i => (i % 2 == 0 ? one : two).CreateOnceAsync(New(), key, None)));

        Assert.All(results, result => Assert.Equal(OutcomeKind.Done, result.Status));
        Assert.Single(results, result => result.Created is not null);
        var first = Assert.Single(results.Select(result => (result.Id, result.Epoch)).Distinct());
        Assert.Equal(first.Epoch, (await two.FindAsync(first.Id, None))!.Epoch);
    }

    [Theory, ClassData(typeof(EveryStoreData))]
    public async Task CreateOnceAsync_AnotherCreationWithTheKey_IsRefused(StoreKind kind)
    {
        var repository = (await stores.GetAsync(kind)).Repository;
        var key = NewKey();
        var first = New();
        await repository.CreateOnceAsync(first, key, None);

        NewDeployment[] others =
        [
            first with { Namespace = NamespaceName.Parse("team") }, first with { Name = null },
            first with { Lifetime = TimeSpan.FromHours(1) }, first with { EndsWithItsTokens = true },
        ];
        foreach (var other in others)
            Assert.Equal(
                OutcomeKind.IdempotencyKeyReused, (await repository.CreateOnceAsync(other, key, None)).Status);
        Assert.Equal(first.Id, (await repository.CreateOnceAsync(New(), key, None)).Id);
    }

    [Theory, ClassData(typeof(EveryStoreData))]
    public async Task CreateOnceAsync_KeyOfAnotherOwner_CreatesAnotherDeployment(StoreKind kind)
    {
        var repository = (await stores.GetAsync(kind)).Repository;
        var key = NewKey();
        var first = await repository.CreateOnceAsync(New(), key, None);

        foreach (var owner in new[] { new Owner("config", "bob"), new Owner("auth", "alice") })
        {
            var other = await repository.CreateOnceAsync(New() with { Owner = owner }, key, None);
            Assert.Equal(OutcomeKind.Done, other.Status);
            Assert.NotNull(other.Created);
            Assert.NotEqual(first.Id, other.Id);
        }
    }

    [FactWith("redis-server")]
    public async Task CreateOnceAsync_DeploymentGoneWithoutATrace_IsGone()
    {
        var store = await stores.GetAsync(StoreKind.Redis);
        var key = NewKey();
        var first = await store.Repository.CreateOnceAsync(New(), key, None);
        await store.Repository.DeleteAsync(first.Id, EpochProof.None, None);

        // A full store has no room for it.
        var tombstone = store.Services.GetRequiredService<RedisKeys>().Tombstone(first.Id);
        await store.Services.GetRequiredService<RedisConnection>().CallAsync(db => db.KeyDeleteAsync(tombstone), None);

        Assert.Equal(OutcomeKind.Gone, (await store.Repository.CreateOnceAsync(New(), key, None)).Status);
    }

    [Theory, ClassData(typeof(EveryStoreData))]
    public async Task CreateOnceAsync_DeploymentHasEnded_IsGone(StoreKind kind)
    {
        var repository = (await stores.GetAsync(kind)).Repository;
        var (deleted, expired) = (NewKey(), NewKey());
        var first = await repository.CreateOnceAsync(New(), deleted, None);
        await repository.DeleteAsync(first.Id, EpochProof.None, None);
        await repository.CreateOnceAsync(New() with { Lifetime = TimeSpan.FromSeconds(1) }, expired, None);

        Assert.Equal(OutcomeKind.Gone, (await repository.CreateOnceAsync(New(), deleted, None)).Status);
        Assert.Null(await repository.FindAsync(first.Id, None));
        await Eventually.Async(async () => (await repository.CreateOnceAsync(
            New() with { Lifetime = TimeSpan.FromSeconds(1) }, expired, None)).Status == OutcomeKind.Gone);
    }

    [FactWith("redis-server")]
    public async Task CreateOnceAsync_InstanceCrashedBeforeItCreated_NextOneCompletes()
    {
        var store = await stores.GetAsync(StoreKind.Redis);
        var (key, lost) = (NewKey(), New());
        await store.Services.GetRequiredService<RedisConnection>().EvaluateAsync(
            RedisScripts.Claim,
            [store.Services.GetRequiredService<RedisKeys>().Creation(CreationFingerprint.HashOf(key, lost.Owner))],
            [
                string.Concat(store.Services.GetRequiredService<CreationFingerprint>().Of(lost)), lost.Id.ToString(),
                lost.Epoch,
            ],
            None);

        var result = await store.Repository.CreateOnceAsync(New(), key, None);

        Assert.Equal((OutcomeKind.Done, lost.Id), (result.Status, result.Id));
        Assert.Equal(lost.Epoch, (await store.Repository.FindAsync(lost.Id, None))!.Epoch);
        var page = await store.Services.GetRequiredService<IDeploymentIndex>().ListByOwnerAsync(
            Alice, new PageRequest(null, 1000), None);
        Assert.Single(page.Deployments, summary => summary.Deployment.Id == lost.Id);
    }

    private static CreationKey NewKey() => new(new Secret(TokenIssuer.NewEpoch()));

    private static NewDeployment New() =>
        new(DeploymentId.New(), Alice, null, "my n\u00E4me", TokenIssuer.NewEpoch(), null);
}
