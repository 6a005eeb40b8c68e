using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Goterra.Core.Model;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Goterra.Tests.Contract;

/// <summary>Lists of deployments, against the real stores.</summary>
[Trait("Category", "Contract")]
public sealed class IndexContractTests
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly Owner Alice = new("config", "alice");

    [Theory, ClassData(typeof(EachStoreData))]
    public async Task CountByOwnerAsync_DeploymentsOfTwoOwners_CountsOwnOnesUpToTheMaximum(StoreKind kind)
    {
        using var folder = new TempFolder();
        await using var redis = kind == StoreKind.Redis ? await RedisServer.StartAsync() : null;
        await using var store = await OpenStore.StartAsync(redis is null ? OpenStore.In(folder) : OpenStore.At(redis));
        var index = store.Services.GetRequiredService<IDeploymentIndex>();
        var ids = new List<DeploymentId>();
        foreach (var owner in new[] { Alice, Alice, Alice, new Owner("config", "bob") })
            ids.Add((await store.Repository.CreateAsync(
                new NewDeployment(DeploymentId.New(), owner, null, null, "e1", null), None)).Id);

        Assert.Equal(3, await index.CountByOwnerAsync(Alice, 10, None));
        Assert.Equal(2, await index.CountByOwnerAsync(Alice, 2, None));

        await store.Repository.DeleteAsync(ids[0], new EpochProof("e1"), None);
        Assert.Equal(2, await index.CountByOwnerAsync(Alice, 10, None));
    }

    [Theory, ClassData(typeof(EachStoreData))]
    public async Task ListByOwner_CursorsDeploymentDeleted_ReturnsEachOnce(StoreKind kind)
    {
        using var folder = new TempFolder();
        await using var redis = kind == StoreKind.Redis ? await RedisServer.StartAsync() : null;
        var options = redis is null ? OpenStore.In(folder) : OpenStore.At(redis);
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var store = await OpenStore.StartAsync(options, time: time);
        var index = store.Services.GetRequiredService<IDeploymentIndex>();

        // Several of the same millisecond, whose order is that of their ids.
        var created = new HashSet<DeploymentId>();
        for (var i = 0; i < 12; i++)
        {
            if (i % 6 == 0)
                time.Advance(TimeSpan.FromMilliseconds(1));
            created.Add(
                (await store.Repository.CreateAsync(
                    new NewDeployment(DeploymentId.New(), Alice, null, null, "e1", null), None)).Id);
        }

        var listed = new List<DeploymentId>();
        DeploymentPage? page = null;
        do
        {
            page = await index.ListByOwnerAsync(Alice, new PageRequest(page?.Next, Limit: 2), None);
            listed.AddRange(page.Deployments.Select(summary => summary.Deployment.Id));
            if (page.Next is { } cursor)
                await store.Repository.DeleteAsync(cursor.Id, new EpochProof("e1"), None);
        }
        while (page.Next is not null);

        Assert.Equal(12, listed.Count);
        Assert.Equal(created, [.. listed]);
    }
}
