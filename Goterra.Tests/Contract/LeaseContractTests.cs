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
public sealed class LeaseContractTests(StoresFixture stores) : IClassFixture<StoresFixture>
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
    public async Task SweepAsync_LeaseExpired_WakesWatchAndAppendsEvent(StoreKind kind)
    {
        var (store, id) = await CreateAsync(kind);
        var other = await stores.ConnectAsync(kind);
        await store.Repository.PutAsync(
            Write(id, WriteCondition.None, null) with { Key = ValueKey.Parse("stays") }, "1"u8.ToArray(), None);
        using var key = other.Hub.ArmUncounted(Interest.In(id, Key));
        using var prefix = other.Hub.ArmUncounted(Interest.In(id, Prefix("lead")));
        await Task.WhenAll(key.Subscribed, prefix.Subscribed);
        var taken = await PutAsync(store, id, "me", WriteCondition.Absent, Short);
        await Eventually.Async(async () => (await other.Repository.ReadAsync(id, Key, None)).Value is null);

        // Over, maybe not yet swept: absent to everybody.
        Assert.Equal(
            ["stays"], (await other.Repository.ListAsync(id, KeyPrefix.All, None))!.Keys.Select(info => info.Key));
        Assert.Equal(OutcomeKind.ConditionFailed, (await PutAsync(store, id, "me", Tag(taken), Long)).Kind);
        Assert.Equal(
            OutcomeKind.ConditionFailed, (await store.Repository.RemoveAsync(Write(id, Tag(taken), null), None)).Kind);
        await LapseAsync(store, id);

        var listing = (await store.Repository.ListAsync(id, KeyPrefix.All, None))!;
        Assert.Equal(taken.Revision + 1, listing.Deployment.Revision);
        var ends = (await store.Repository.ReadEventsAsync(id, 0, None)).Events.Where(
            happened => happened.Type == EventType.Expired).ToList();
        Assert.Equal(("leader", taken.Revision + 1), (Assert.Single(ends).Key, ends[0].Revision));
        await key.Signal.Task;
        await prefix.Signal.Task;
    }

    [Theory, ClassData(typeof(EveryStoreData))]
    public async Task PutAsync_ExpiredNotSwept_ReportsExpiryOnce(StoreKind kind)
    {
        var (store, id) = await CreateAsync(kind);
        var taken = await PutAsync(store, id, "me", WriteCondition.Absent, Short);
        await ForgetAsync(store, id);
        await Eventually.Async(async () => (await store.Repository.ReadAsync(id, Key, None)).Value is null);

        var successor = await PutAsync(store, id, "you", WriteCondition.Absent, Long);
        await store.SweepAsync();

        Assert.Equal((OutcomeKind.Done, taken.Revision + 2), (successor.Kind, successor.Revision));
        Assert.Equal(
            [(EventType.Put, taken.Revision), (EventType.Expired, taken.Revision + 1), (EventType.Put, taken.Revision + 2)],
            (await store.Repository.ReadEventsAsync(id, 0, None)).Events.Where(
                happened => happened.Key == "leader").Select(happened => (happened.Type, happened.Revision)));
        Assert.Equal(
            successor.Revision, (await store.Repository.ListAsync(id, KeyPrefix.All, None))!.Deployment.Revision);
    }

    [Theory, ClassData(typeof(EveryStoreData))]
    public async Task PutAsync_ReplayAfterLeaseTakenOver_ReturnsPastExpiry(StoreKind kind)
    {
        var (store, id) = await CreateAsync(kind);
        var write = Write(id, WriteCondition.Absent, Short) with { IdempotencyKey = "attempt" };
        var first = await store.Repository.PutAsync(write, "me"u8.ToArray(), None);
        Outcome? successor = null;
        await Eventually.Async(async () =>
        {
            successor = await PutAsync(store, id, "you", WriteCondition.Absent, Long);
            return successor.Kind == OutcomeKind.Done;
        });

        var again = await store.Repository.PutAsync(write, "me"u8.ToArray(), None);

        Assert.Equal(first, again);
        Assert.True(again.Expires <= successor!.Expires - Long);
        Assert.Equal("you", (await store.Repository.ReadAsync(id, Key, None)).Value!.AsText());
    }

    [TheoryWith("redis-server"), InlineData(StoreKind.Redis), InlineData(StoreKind.Cluster)]
    public async Task PutAsync_RenewForShorterTime_IsSweptSooner(StoreKind kind)
    {
        var (store, id) = await CreateAsync(kind);
        var taken = await PutAsync(store, id, "me", WriteCondition.Absent, Long);

        Assert.Equal(OutcomeKind.Done, (await PutAsync(store, id, "me", Tag(taken), TimeSpan.FromMinutes(1))).Kind);

        Assert.InRange(
            await NotedAsync(store, id), 1, (taken.Expires!.Value - TimeSpan.FromMinutes(30)).ToUnixTimeMilliseconds());
    }

    [Fact]
    public async Task StartAsync_LeaseExpiredWhileStopped_IsReported()
    {
        using var folder = new TempFolder();
        DeploymentId id;
        await using (var store = await OpenStore.StartAsync(OpenStore.In(folder)))
        {
            id = await CreateAsync(store);
            await PutAsync(store, id, "me", WriteCondition.Absent, Short);
        }

        await using (var store = await OpenStore.StartAsync(OpenStore.In(folder)))
        {
            await LapseAsync(store, id);
            Assert.Null((await store.Repository.ReadAsync(id, Key, None)).Value);
        }
    }

    [Theory, ClassData(typeof(EveryStoreData))]
    public async Task PutAsync_ManyAfterExpiry_ExactlyOneWins(StoreKind kind)
    {
        var (store, id) = await CreateAsync(kind);
        var other = await stores.ConnectAsync(kind);
        for (var round = 0; round < 3; round++)
        {
            var outcomes = await Task.WhenAll(Enumerable.Range(0, 8).Select(async i =>
            {
                var mine = i % 2 == 0 ? store : other;
                Outcome? outcome = null;
                await Eventually.Async(async () =>
                {
                    outcome = await PutAsync(
                        mine, id, $"contender {i}", WriteCondition.Absent, TimeSpan.FromMinutes(10));
                    return outcome.Kind == OutcomeKind.Done
                        || ((await mine.Repository.ReadAsync(id, Key, None)).Value is { } held && held.AsText() != "before");
                });
                return outcome!;
            }));

            var winner = Assert.Single(outcomes, outcome => outcome.Kind == OutcomeKind.Done);
            Assert.Equal(OutcomeKind.Done, (await PutAsync(store, id, "before", Tag(winner), Short)).Kind);
        }
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
            { Fence = new Fence(Key, tag!) },
                "done"u8.ToArray(), None);

        Assert.Equal(OutcomeKind.Done, (await FencedAsync(taken.Tag.ToString())).Kind);
        Assert.Equal(OutcomeKind.FenceLost, (await FencedAsync("1.0000000000000000")).Kind);
        Assert.Equal(OutcomeKind.FenceLost, (await FencedAsync("")).Kind);
        Assert.Equal(OutcomeKind.FenceLost, (await store.Repository.PutAsync(
            new ValueWrite(
                id, Key, new EpochProof("e1"), WriteCondition.None, null)
            {
                Fence = new Fence(
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
                Fence = new Fence(
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

    [Theory, ClassData(typeof(EveryStoreData))]
    public async Task SweepAsync_LeaseExpired_FreesItsBytes(StoreKind kind)
    {
        var (store, id) = await CreateAsync(kind);
        var big = new byte[7_000_000];
        Assert.Equal(
            OutcomeKind.Done,
            (await store.Repository.PutAsync(Write(id, WriteCondition.Absent, Short), big, None)).Kind);
        Assert.Equal(
            OutcomeKind.TooManyBytes,
            (await store.Repository.PutAsync(
                Write(id, WriteCondition.None, null) with { Key = ValueKey.Parse("b") }, big, None)).Kind);
        await Eventually.Async(async () => (await store.Repository.ReadAsync(id, Key, None)).Value is null);
        await LapseAsync(store, id);

        Assert.Equal(
            OutcomeKind.Done,
            (await store.Repository.PutAsync(
                Write(id, WriteCondition.None, null) with { Key = ValueKey.Parse("b") }, big, None)).Kind);
    }

    private static WriteCondition Tag(Outcome outcome) => WriteCondition.Matches([outcome.Tag.ToString()!]);

    private static KeyPrefix Prefix(string text) =>
        KeyPrefix.TryParse(text, out var prefix, out _) ? prefix : throw new FormatException(text);

    private static ValueWrite Write(DeploymentId id, WriteCondition condition, TimeSpan? lease) =>
        new(id, Key, new EpochProof("e1"), condition, null) { Lease = lease };

    private static Task<Outcome> PutAsync(
        OpenStore store, DeploymentId id, string value, WriteCondition condition, TimeSpan? lease) =>
        store.Repository.PutAsync(Write(id, condition, lease), Encoding.UTF8.GetBytes(value), None);

    /// <summary>
    /// Comes back when the lease's end is no longer only a matter of the clock: somebody has swept it.
    /// </summary>
    private static async Task LapseAsync(OpenStore store, DeploymentId id)
    {
        await Eventually.Async(async () =>
        {
            await store.SweepAsync();
            return (await store.Repository.ReadEventsAsync(id, 0, None)).Events.Any(
                happened => happened.Type == EventType.Expired);
        });
    }

    /// <summary>Nobody will sweep it: it is over by the clock alone.</summary>
    private static async Task ForgetAsync(OpenStore store, DeploymentId id)
    {
        // The embedded store sweeps only when it is told to, in these tests.
        if (store.Services.GetService<RedisKeys>() is { } keys)
            await Database(store).SortedSetRemoveAsync(keys.Leases, $"{id} {Key}");
    }

    /// <summary>When the lease is to be looked at.</summary>
    private static async Task<double> NotedAsync(OpenStore store, DeploymentId id) =>
        (await Database(store).SortedSetScoreAsync(
            store.Services.GetRequiredService<RedisKeys>().Leases, $"{id} {Key}"))!.Value;

    private static StackExchange.Redis.IDatabase Database(OpenStore store) =>
        store.Services.GetRequiredService<RedisConnection>().Redis.GetDatabase();

    /// <summary>A change of our own has come back through the feed: all that were made before it have, too.</summary>
    private static async Task Settled(OpenStore store, DeploymentId id)
    {
        // The embedded store has told the watches before it answers.
        if (store.Services.GetService<RedisConnection>() is not { } connection)
            return;

        var marker = ValueKey.Parse("marker");
        using var watch = store.Hub.ArmUncounted(Interest.In(id, marker));
        await watch.Subscribed;
        await connection.Redis.GetSubscriber().PublishAsync(connection.Channel(id), ChangeMessage.Key(id, marker));
        await watch.Signal.Task;
    }

    private async Task<(OpenStore Store, DeploymentId Id)> CreateAsync(StoreKind kind)
    {
        var store = await stores.GetAsync(kind);
        return (store, await CreateAsync(store));
    }

    private static async Task<DeploymentId> CreateAsync(OpenStore store) =>
        (await store.Repository.CreateAsync(
            new NewDeployment(DeploymentId.New(), new Owner("config", "alice"), null, null, "e1", null), None)).Id;
}
