using System.Text;
using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Goterra.Core.Model;
using Goterra.Core.Tokens;
using Goterra.Core.Waiting;
using Microsoft.Extensions.DependencyInjection;

namespace Goterra.Tests.Contract;

/// <summary>Dead man's switches, against the real stores.</summary>
[Trait("Category", "Contract")]
public sealed class SwitchContractTests(StoresFixture stores) : IClassFixture<StoresFixture>
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly TimeSpan Long = TimeSpan.FromHours(1);
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(1);
    private static readonly FailureReport Died = new(FailureSource.Parse("worker-1"), "no sign of life", "f1");

    [Theory, ClassData(typeof(EveryStoreData))]
    public async Task SweepAsync_ArmedLeaseLapsed_FailsOnceAndWakesWaits(StoreKind kind)
    {
        var (store, id) = await CreateAsync(kind);
        var other = await stores.ConnectAsync(kind);
        using var watch = other.Hub.ArmUncounted(Interest.In(id, ValueKey.Parse("another")));
        await watch.Subscribed;

        await PutAsync(store, id, WriteCondition.Absent, Short, Died);
        await FailedAsync(store, id, other);
        await Task.WhenAll(store.SweepAsync(), other.SweepAsync());

        await watch.Signal.Task;
        var listing = (await store.Repository.ListAsync(id, KeyPrefix.All, None))!;
        var failure = Assert.Single(listing.Deployment.Failures);
        Assert.Equal(("worker-1", "no sign of life", true), (failure.Source, failure.Reason, failure.Lapsed));
        Assert.Equal("no sign of life", listing.Deployment.FailedBecause);
        Assert.Equal(
            [EventType.Put, EventType.Expired, EventType.Failed],
            (await store.Repository.ReadEventsAsync(id, 1, None)).Events.Select(happened => happened.Type));
        Assert.Equal(OutcomeKind.NotReporter, await ResumeAsync(store, id, "f2"));
        Assert.Equal(OutcomeKind.Done, await ResumeAsync(store, id, "f1"));
        Assert.False((await store.Repository.FindAsync(id, None))!.Failed);
    }

    [Theory, ClassData(typeof(EveryStoreData))]
    public async Task PutAsync_RenewedOrReplaced_KeepsOrDisarms(StoreKind kind)
    {
        var (store, id) = await CreateAsync(kind);
        var taken = await PutAsync(store, id, WriteCondition.Absent, Long, Died);
        Assert.True(await IsArmedAsync(store, id));

        Assert.Equal(taken.Tag, (await PutAsync(store, id, Tag(taken), Long, armed: null)).Tag);
        Assert.True(await IsArmedAsync(store, id));

        var replaced = await PutAsync(store, id, Tag(taken), Long, armed: null, value: "you");
        Assert.False(await IsArmedAsync(store, id));

        var again = await PutAsync(store, id, Tag(replaced), Long, Died, value: "you");
        Assert.Equal(replaced.Tag, again.Tag);
        Assert.True(await IsArmedAsync(store, id));

        await PutAsync(store, id, Tag(again), lease: null, armed: null);
        Assert.False(await IsArmedAsync(store, id));
    }

    [Theory, ClassData(typeof(EveryStoreData))]
    public async Task SweepAsync_Disarmed_DoesNotFail(StoreKind kind)
    {
        var (store, id) = await CreateAsync(kind);
        string[] keys = ["given-back", "for-good", "without-switch", "revoked"];
        var taken = new Dictionary<string, Outcome>();
        foreach (var key in keys)
            taken.Add(key, await PutAsync(store, id, WriteCondition.Absent, TimeSpan.FromSeconds(2), Died, key));

        await store.Repository.RemoveAsync(Write(id, "given-back", Tag(taken["given-back"])), None);
        await PutAsync(store, id, Tag(taken["for-good"]), lease: null, armed: null, "for-good");
        await PutAsync(store, id, Tag(taken["without-switch"]), Short, armed: null, "without-switch", "new value");
        await store.Services.GetRequiredService<IAccessRepository>().MintAsync(
            new MintRequest(id, new EpochProof("e1"), Long, null, null, "e2", new SecurityNote("alice", "")), None);

        await Eventually.Async(async () =>
        {
            await store.SweepAsync();
            return (await store.Repository.ReadEventsAsync(id, 1, None)).Events.Count(
                happened => happened.Type == EventType.Expired) == 2;
        });
        Assert.False((await store.Repository.FindAsync(id, None))!.Failed);
    }

    [Theory, ClassData(typeof(EveryStoreData))]
    public async Task SweepAsync_NamespaceRevoked_DoesNotFail(StoreKind kind)
    {
        var team = NamespaceName.Parse("team");
        var namespaces = (await stores.GetAsync(kind)).Services.GetRequiredService<INamespaceRepository>();
        var epoch = await namespaces.GetOrCreateEpochAsync(team, None);
        var (store, id) = await CreateAsync(kind, epoch);
        var armed = Write(id, "worker-1", WriteCondition.Absent) with
        {
            Epoch = new EpochProof("e1", epoch),
            Lease = Short,
            OnLapse = Died,
        };
        Assert.Equal(OutcomeKind.Done, (await store.Repository.PutAsync(armed, "me"u8.ToArray(), None)).Kind);
        await namespaces.PropagateEpochAsync(team, await namespaces.RevokeAsync(team, None), id, None);

        await Eventually.Async(async () =>
        {
            await store.SweepAsync();
            return (await store.Repository.ReadEventsAsync(id, 1, None)).Events.Any(
                happened => happened.Type == EventType.Expired);
        });
        Assert.False((await store.Repository.FindAsync(id, None))!.Failed);
    }

    private static async Task FailedAsync(OpenStore store, DeploymentId id, OpenStore other) =>
        await Eventually.Async(async () =>
        {
            await Task.WhenAll(store.SweepAsync(), other.SweepAsync());
            return (await store.Repository.FindAsync(id, None))!.Failed;
        });

    private static Task<OutcomeKind> ResumeAsync(OpenStore store, DeploymentId id, string family) =>
        store.Repository.ResumeAsync(id, new EpochProof("e1"), new Resumption(Died.Source, family), None);

    private static async Task<bool> IsArmedAsync(OpenStore store, DeploymentId id) =>
        Assert.Single((await store.Repository.ListAsync(id, KeyPrefix.All, None))!.Keys).FailsOnLapse;

    private static WriteCondition Tag(Outcome outcome) => WriteCondition.Matches([outcome.Tag.ToString()!]);

    private static ValueWrite Write(DeploymentId id, string key, WriteCondition condition) =>
        new(id, ValueKey.Parse(key), new EpochProof("e1"), condition, null);

    private static Task<Outcome> PutAsync(
        OpenStore store, DeploymentId id, WriteCondition condition, TimeSpan? lease, FailureReport? armed,
        string key = "worker-1", string value = "me") =>
        store.Repository.PutAsync(
            Write(id, key, condition) with { Lease = lease, OnLapse = armed }, Encoding.UTF8.GetBytes(value), None);

    private async Task<(OpenStore Store, DeploymentId Id)> CreateAsync(StoreKind kind, string? namespaceEpoch = null)
    {
        var store = await stores.GetAsync(kind);
        var created = await store.Repository.CreateAsync(
            new NewDeployment(
                DeploymentId.New(), new Owner("config", "alice"),
                namespaceEpoch is null ? null : NamespaceName.Parse("team"), null, "e1", null, namespaceEpoch), None);
        return (store, created.Id);
    }
}
