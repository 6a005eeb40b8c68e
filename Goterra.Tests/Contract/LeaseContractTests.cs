using System.Text;
using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Goterra.Core.Model;
using Goterra.Core.Waiting;
using Goterra.Infrastructure.Redis;
using Microsoft.Extensions.DependencyInjection;

namespace Goterra.Tests.Contract;

/// <summary>
/// Values that end by themselves, against the real stores. Time is the store's: a lease of a second is waited for until
/// it is over.
/// </summary>
[Trait("Category", "Contract")]
public sealed partial class LeaseContractTests(StoresFixture stores) : IClassFixture<StoresFixture>
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly ValueKey Key = ValueKey.Parse("leader");
    private static readonly TimeSpan Long = TimeSpan.FromHours(1);
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(1);

    [Theory, ClassData(typeof(EveryStoreData))]
    public async Task PutAsync_FreeLease_IsReadWithExpiry(StoreKind kind)
    {
        var (store, id) = await CreateAsync(kind);

        var taken = await PutAsync(store, id, "me", WriteCondition.Absent, Long);

        Assert.Equal(OutcomeKind.Done, taken.Kind);
        var read = (await store.Repository.ReadAsync(id, Key, None)).Value!;
        var listed = Assert.Single((await store.Repository.ListAsync(id, KeyPrefix.All, None))!.Keys);
        var loaded = (await store.Repository.LoadAsync(id, [listed], None))!["leader"];
        Assert.Equal("me", read.AsText());
        Assert.Equal((taken.Expires, taken.Expires, taken.Expires), (read.Expires, listed.Expires, loaded.Expires));
        Assert.Equal((taken.Tag, taken.Tag), (read.Tag, listed.Tag));
    }

    [Theory, ClassData(typeof(EveryStoreData))]
    public async Task PutAsync_HeldLeaseWithoutCondition_ReturnsItsExpiry(StoreKind kind)
    {
        var (store, id) = await CreateAsync(kind);
        var taken = await PutAsync(store, id, "me", WriteCondition.Absent, Long);

        var put = await PutAsync(store, id, "you", WriteCondition.None, null);
        var lease = await PutAsync(store, id, "you", WriteCondition.None, Long);
        var removed = await store.Repository.RemoveAsync(Write(id, WriteCondition.None, null), None);

        Assert.Equal((OutcomeKind.Leased, taken.Expires), (put.Kind, put.Expires));
        Assert.Equal((OutcomeKind.Leased, OutcomeKind.Leased), (lease.Kind, removed.Kind));
        Assert.Equal(OutcomeKind.ConditionFailed, (await PutAsync(store, id, "you", WriteCondition.Absent, Long)).Kind);
        Assert.Equal("me", (await store.Repository.ReadAsync(id, Key, None)).Value!.AsText());
    }

    [Theory, ClassData(typeof(EveryStoreData))]
    public async Task PutAsync_RenewSameValue_KeepsTagAndWakesNoWatch(StoreKind kind)
    {
        var (store, id) = await CreateAsync(kind);
        var taken = await PutAsync(store, id, "me", WriteCondition.Absent, Long);
        await Settled(store, id);
        using var watch = store.Hub.ArmUncounted(Interest.In(id, Key));
        await watch.Subscribed;

        var renewed = await PutAsync(store, id, "me", Tag(taken), 2 * Long);

        Assert.Equal((OutcomeKind.Done, taken.Tag, taken.Revision), (renewed.Kind, renewed.Tag, renewed.Revision));
        Assert.InRange(
            renewed.Expires!.Value - taken.Expires!.Value, Long - TimeSpan.FromSeconds(1),
            Long + TimeSpan.FromMinutes(5));
        Assert.Equal(renewed.Expires, (await store.Repository.ReadAsync(id, Key, None)).Value!.Expires);
        Assert.Equal(
            renewed.Expires, Assert.Single((await store.Repository.ListAsync(id, KeyPrefix.All, None))!.Keys).Expires);
        await Settled(store, id);
        Assert.False(watch.Signal.Task.IsCompleted);
        Assert.Equal(taken.Revision, (await store.Repository.ListAsync(id, KeyPrefix.All, None))!.Deployment.Revision);
    }

    [Theory, ClassData(typeof(EveryStoreData))]
    public async Task PutAsync_SameValueTagAmongSeveral_IsRenewal(StoreKind kind)
    {
        var (store, id) = await CreateAsync(kind);
        var taken = await PutAsync(store, id, "me", WriteCondition.Absent, Long);
        var changed = await PutAsync(store, id, "you", Tag(taken), Long);
        var either = WriteCondition.Matches([taken.Tag.ToString()!, changed.Tag.ToString()!, ""]);

        var renewed = await PutAsync(store, id, "you", either, 2 * Long);
        var other = await PutAsync(store, id, "us!", either, Long);

        Assert.Equal((OutcomeKind.Done, changed.Tag), (renewed.Kind, renewed.Tag));
        Assert.Equal((OutcomeKind.Done, changed.Revision + 1), (other.Kind, other.Revision));
        Assert.Equal(
            (OutcomeKind.ConditionFailed, other.Tag),
            ((await PutAsync(store, id, "us!", either, Long)) is var late ? (late.Kind, late.Tag) : default));
    }

    [Theory, ClassData(typeof(EveryStoreData))]
    public async Task PutAsync_RenewWithAnotherValue_IsOrdinaryWrite(StoreKind kind)
    {
        var (store, id) = await CreateAsync(kind);
        var taken = await PutAsync(store, id, "me", WriteCondition.Absent, Long);

        var changed = await PutAsync(store, id, "me, elsewhere", Tag(taken), Long);

        Assert.Equal((OutcomeKind.Done, taken.Revision + 1), (changed.Kind, changed.Revision));
        Assert.Equal(OutcomeKind.ConditionFailed, (await PutAsync(store, id, "me", Tag(taken), Long)).Kind);
        Assert.Null((await PutAsync(store, id, "for good", Tag(changed), null)).Expires);
        Assert.Equal(OutcomeKind.Done, (await PutAsync(store, id, "ordinary again", WriteCondition.None, null)).Kind);
    }

    [Theory, ClassData(typeof(EveryStoreData))]
    public async Task RemoveAsync_ByHolder_FreesLease(StoreKind kind)
    {
        var (store, id) = await CreateAsync(kind);
        var taken = await PutAsync(store, id, "me", WriteCondition.Absent, Long);

        Assert.Equal(OutcomeKind.Done, (await store.Repository.RemoveAsync(Write(id, Tag(taken), null), None)).Kind);

        Assert.Equal(OutcomeKind.Done, (await PutAsync(store, id, "you", WriteCondition.Absent, Long)).Kind);
        Assert.Equal(
            OutcomeKind.ConditionFailed, (await store.Repository.RemoveAsync(Write(id, Tag(taken), null), None)).Kind);
    }

    [Theory, ClassData(typeof(EveryStoreData))]
    public async Task PutAsync_Fence_OnlyHolderMayWrite(StoreKind kind)
    {
        var (store, id) = await CreateAsync(kind);
        var taken = await PutAsync(store, id, "me", WriteCondition.Absent, Short);
        var work = ValueKey.Parse("work");
        Task<Outcome> FencedAsync(string? tag) => store.Repository.PutAsync(
            new ValueWrite(
                id, work, new EpochProof("e1"), WriteCondition.None, null)
            { Fence = Fence.Of(Key, tag!) },
                "done"u8.ToArray(), None);

        Assert.Equal(OutcomeKind.Done, (await FencedAsync(taken.Tag.ToString())).Kind);
        Assert.Equal(OutcomeKind.FenceLost, (await FencedAsync("1.0000000000000000")).Kind);
        Assert.Equal(OutcomeKind.FenceLost, (await FencedAsync("")).Kind);
        Assert.Equal(OutcomeKind.FenceLost, (await store.Repository.PutAsync(
            new ValueWrite(
                id, Key, new EpochProof("e1"), WriteCondition.None, null)
            {
                Fence = Fence.Of(
                    work, taken.Tag.ToString()!)
            }, "x"u8.ToArray(), None)).Kind);

        // Stopped for longer than the lease, its holder changes nothing any more: neither its own work, nor its
        // successor's lease.
        Outcome? successor = null;
        await Eventually.Async(async () =>
        {
            successor = await PutAsync(store, id, "you", WriteCondition.Absent, Long);
            return successor.Kind == OutcomeKind.Done;
        });

        Assert.Equal(OutcomeKind.FenceLost, (await FencedAsync(taken.Tag.ToString())).Kind);
        Assert.Equal(OutcomeKind.ConditionFailed, (await PutAsync(store, id, "me", Tag(taken), Long)).Kind);
        Assert.Equal(
            OutcomeKind.ConditionFailed, (await store.Repository.RemoveAsync(Write(id, Tag(taken), null), None)).Kind);
        Assert.Equal(OutcomeKind.FenceLost, (await store.Repository.RemoveAsync(
            new ValueWrite(
                id, work, new EpochProof("e1"), WriteCondition.None, null)
            {
                Fence = Fence.Of(
                    Key, taken.Tag.ToString()!)
            }, None)).Kind);
        Assert.Equal(OutcomeKind.Done, (await FencedAsync(successor!.Tag.ToString())).Kind);
        Assert.Equal("you", (await store.Repository.ReadAsync(id, Key, None)).Value!.AsText());
    }

    [Theory, ClassData(typeof(EveryStoreData))]
    public async Task PutAsync_LeaseReplyLost_ReplayReturnsSuccess(StoreKind kind)
    {
        var (store, id) = await CreateAsync(kind);
        var write = Write(id, WriteCondition.Absent, Long) with { IdempotencyKey = "attempt" };
        var first = await store.Repository.PutAsync(write, "me"u8.ToArray(), None);

        var again = await store.Repository.PutAsync(write, "me"u8.ToArray(), None);
        var other = await store.Repository.PutAsync(write with { IdempotencyKey = "another" }, "you"u8.ToArray(), None);

        Assert.NotNull(first.Expires);
        Assert.Equal(first, again);
        Assert.Equal(OutcomeKind.ConditionFailed, other.Kind);
    }

    private static WriteCondition Tag(Outcome outcome) => WriteCondition.Matches([outcome.Tag.ToString()!]);

    private static KeyPrefix Prefix(string text) =>
        KeyPrefix.TryParse(text, out var prefix, out _) ? prefix : throw new FormatException(text);

    private static ValueWrite Write(DeploymentId id, WriteCondition condition, TimeSpan? lease) =>
        new(id, Key, new EpochProof("e1"), condition, null) { Lease = lease };

    private static Task<Outcome> PutAsync(
        OpenStore store, DeploymentId id, string value, WriteCondition condition, TimeSpan? lease) =>
        store.Repository.PutAsync(Write(id, condition, lease), Encoding.UTF8.GetBytes(value), None);

    private static StackExchange.Redis.IDatabase Database(OpenStore store) =>
        store.Services.GetRequiredService<RedisConnection>().Redis.GetDatabase();

    private async Task<(OpenStore Store, DeploymentId Id)> CreateAsync(StoreKind kind)
    {
        var store = await stores.GetAsync(kind);
        return (store, await CreateAsync(store));
    }

    private static async Task<DeploymentId> CreateAsync(OpenStore store) =>
        (await store.Repository.CreateAsync(
            new NewDeployment(DeploymentId.New(), new Owner("config", "alice"), null, null, "e1", null), None)).Id;
}
