using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Goterra.Core.Model;
using Goterra.Infrastructure.Encryption;

namespace Goterra.Tests.Contract;

/// <summary>Failures of several sources, against the real stores.</summary>
[Trait("Category", "Contract")]
public sealed class FailureContractTests(StoresFixture stores) : IClassFixture<StoresFixture>
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly EpochProof Proof = new("e1");

    [Theory, ClassData(typeof(EveryStoreData))]
    public async Task FailAsync_SeveralSources_OldestReasonCounts(StoreKind kind)
    {
        var (repository, id) = await CreateAsync(kind);

        await FailAsync(repository, id, "b", "no disk");
        await FailAsync(repository, id, null, "no source");
        await FailAsync(repository, id, "a", "no memory");
        await FailAsync(repository, id, "b", "again");

        var listing = (await repository.ListAsync(id, KeyPrefix.All, None))!;
        Assert.Equal(
            [("b", "no disk"), (null, "no source"), ("a", "no memory")],
            listing.Deployment.Failures.Select(failure => (failure.Source, failure.Reason)));
        Assert.All(listing.Deployment.Failures, failure => Assert.False(failure.Lapsed));
        Assert.Equal("no disk", listing.Deployment.FailedBecause);
        Assert.Equal(new FailureNote("b", "no disk"), listing.Head.Failure);
        Assert.Equal((true, 1), (listing.Head.Failed, listing.Head.Failures));
        Assert.Equal(
            [("b", "no disk"), (null, "no source"), ("a", "no memory"), ("b", "again")],
            (await repository.ReadEventsAsync(id, 1, None)).Events.Select(happened =>
                (happened.Source, happened.Reason)));
    }

    [Theory, ClassData(typeof(EveryStoreData))]
    public async Task ResumeAsync_OneSource_OthersStay(StoreKind kind)
    {
        var (repository, id) = await CreateAsync(kind);
        await FailAsync(repository, id, "b", "no disk");
        await FailAsync(repository, id, "a", "no memory");

        Assert.Equal(OutcomeKind.Done, await ResumeAsync(repository, id, "c"));
        Assert.Equal(OutcomeKind.Done, await ResumeAsync(repository, id, "b"));
        Assert.Equal(
            (true, new FailureNote("a", "no memory")),
            (await repository.FindAsync(id, None)) is { } head ? (head.Failed, head.Failure) : default);

        Assert.Equal(OutcomeKind.Done, await ResumeAsync(repository, id, "a"));

        var listing = (await repository.ListAsync(id, KeyPrefix.All, None))!;
        Assert.Equal(("active", 1), (listing.Deployment.State, listing.Head.Failures));
        Assert.Empty(listing.Deployment.Failures);
        Assert.Equal("no memory", listing.Head.Failure!.Reason);
        Assert.Equal(
            [(EventType.Resumed, "b"), (EventType.Resumed, "a")],
            (await repository.ReadEventsAsync(id, 3, None)).Events.Select(
                happened => (happened.Type, happened.Source)));
    }

    [Theory, ClassData(typeof(EveryStoreData))]
    public async Task ResumeAsync_WithoutSource_TakesAllBack(StoreKind kind)
    {
        var (repository, id) = await CreateAsync(kind);
        await FailAsync(repository, id, "a", "1");
        await FailAsync(repository, id, null, "2");

        Assert.Equal(OutcomeKind.Done, await ResumeAsync(repository, id, null));

        Assert.Equal(
            ("active", 0),
            (await repository.ListAsync(id, KeyPrefix.All, None)) is { } listing
                ? (listing.Deployment.State, listing.Deployment.Failures.Count)
                : default);
        await FailAsync(repository, id, "b", "3");
        Assert.Equal((2, "3"), (await repository.FindAsync(id, None)) is { } head
            ? (head.Failures, head.Failure!.Reason)
            : default);
    }

    [Theory, ClassData(typeof(EveryStoreData))]
    public async Task ResumeAsync_ReportedByAnotherFamily_IsRefused(StoreKind kind)
    {
        var (repository, id) = await CreateAsync(kind);
        await FailAsync(repository, id, "a", "1", "family-1");
        await FailAsync(repository, id, "b", "1");

        Assert.Equal(OutcomeKind.NotReporter, await ResumeAsync(repository, id, "a", "family-2"));
        Assert.Equal(OutcomeKind.NotReporter, await ResumeAsync(repository, id, "b", "family-1"));
        Assert.Equal(OutcomeKind.Done, await ResumeAsync(repository, id, "a", "family-1"));
        Assert.Equal(OutcomeKind.Done, await ResumeAsync(repository, id, "b"));

        Assert.False((await repository.FindAsync(id, None))!.Failed);
    }

    [Theory, ClassData(typeof(EveryStoreData))]
    public async Task FailAsync_TooManySources_IsOverLimit(StoreKind kind)
    {
        var (repository, id) = await CreateAsync(kind);
        await Task.WhenAll(Enumerable.Range(0, DeploymentFailure.MaxOpen).Select(
            i => FailAsync(repository, id, $"machine {i}", "no disk")));

        Assert.Equal(OutcomeKind.OverLimit, await FailAsync(repository, id, "one more", "no disk"));
        Assert.Equal(OutcomeKind.Done, await FailAsync(repository, id, "machine 7", "again"));
        Assert.Equal(OutcomeKind.Done, await ResumeAsync(repository, id, "machine 7"));
        Assert.Equal(OutcomeKind.Done, await FailAsync(repository, id, "one more", "no disk"));

        Assert.Equal(
            DeploymentFailure.MaxOpen,
            (await repository.ListAsync(id, KeyPrefix.All, None))!.Deployment.Failures.Count);
    }

    [Fact]
    public async Task ResumeAsync_ReportedUnderPreviousSecret_FindsIt()
    {
        using var folder = new TempFolder();
        var before = new SecretRing("an earlier secret of the tests, long enough", []);
        DeploymentId id;
        await using (var store = await OpenStore.StartAsync(OpenStore.In(folder), secrets: before))
        {
            id = await CreateAsync(store.Repository);
            await FailAsync(store.Repository, id, "a", "first");
        }

        var after = new SecretRing(
            OpenStore.TestSecret.Current, [new PreviousSecret(before.Current, Verify: true)]);
        await using (var store = await OpenStore.StartAsync(OpenStore.In(folder), secrets: after))
        {
            await FailAsync(store.Repository, id, "a", "second");
            Assert.Equal("first", (await store.Repository.FindAsync(id, None))!.Failure!.Reason);
            await ResumeAsync(store.Repository, id, "a");
            Assert.False((await store.Repository.FindAsync(id, None))!.Failed);
        }
    }

    private static Task<OutcomeKind> FailAsync(
        IDeploymentRepository repository, DeploymentId id, string? source, string reason, string? family = null) =>
        repository.FailAsync(id, Proof, new FailureReport(SourceOf(source), reason, family), None);

    private static Task<OutcomeKind> ResumeAsync(
        IDeploymentRepository repository, DeploymentId id, string? source, string? family = null) =>
        repository.ResumeAsync(id, Proof, new Resumption(SourceOf(source), family), None);

    private static FailureSource? SourceOf(string? text) => text is null ? null : FailureSource.Parse(text);

    private static async Task<DeploymentId> CreateAsync(IDeploymentRepository repository) =>
        (await repository.CreateAsync(
            new NewDeployment(DeploymentId.New(), new Owner("config", "alice"), null, null, "e1", null), None)).Id;

    private async Task<(IDeploymentRepository Repository, DeploymentId Id)> CreateAsync(StoreKind kind)
    {
        var repository = (await stores.GetAsync(kind)).Repository;
        return (repository, await CreateAsync(repository));
    }
}
