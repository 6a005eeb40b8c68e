using System.Text;
using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Goterra.Core.Waiting;
using Goterra.Infrastructure.Redis;
using Goterra.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Goterra.Tests.Store;

/// <summary>Values that end by themselves, against the real stores. Time is the store's: a lease of a second is waited for until it is over.</summary>
public sealed class LeaseContractTests(StoresFixture stores) : IClassFixture<StoresFixture>
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly ValueKey Key = ValueKey.Parse("leader");
    private static readonly TimeSpan Long = TimeSpan.FromHours(1);
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(1);

    [Theory, ClassData(typeof(EveryStoreData))]
    public async Task Take_Free_IsThereWithItsEndEverywhere(StoreKind kind)
    {
        var (store, id) = await CreateAsync(kind);

        var taken = await PutAsync(store, id, "me", WriteCondition.Absent, Long);

        Assert.Equal(WriteStatus.Done, taken.Status);
        var read = (await store.Repository.ReadAsync(id, Key, None)).Value!;
        var listed = Assert.Single((await store.Repository.ListAsync(id, KeyPrefix.All, None))!.Keys);
        var loaded = (await store.Repository.LoadAsync(id, [listed], None))!["leader"];
        Assert.Equal("me", read.AsText());
        Assert.Equal((taken.Expires, taken.Expires, taken.Expires), (read.Expires, listed.Expires, loaded.Expires));
        Assert.Equal((taken.Tag, taken.Tag), (read.Tag, listed.Tag));
    }

    [Theory, ClassData(typeof(EveryStoreData))]
    public async Task Write_LivingLeaseWithoutACondition_IsRefusedAndTellsItsEnd(StoreKind kind)
    {
        var (store, id) = await CreateAsync(kind);
        var taken = await PutAsync(store, id, "me", WriteCondition.Absent, Long);

        var put = await PutAsync(store, id, "you", WriteCondition.None, null);
        var lease = await PutAsync(store, id, "you", WriteCondition.None, Long);
        var removed = await store.Repository.RemoveAsync(Write(id, WriteCondition.None, null), None);

        Assert.Equal((WriteStatus.Leased, taken.Expires), (put.Status, put.Expires));
        Assert.Equal((WriteStatus.Leased, WriteStatus.Leased), (lease.Status, removed.Status));
        Assert.Equal(WriteStatus.ConditionFailed, (await PutAsync(store, id, "you", WriteCondition.Absent, Long)).Status);
        Assert.Equal("me", (await store.Repository.ReadAsync(id, Key, None)).Value!.AsText());
    }

    [Theory, ClassData(typeof(EveryStoreData))]
    public async Task Renew_SameValue_KeepsTagAndRevisionAndWakesNobody(StoreKind kind)
    {
        var (store, id) = await CreateAsync(kind);
        var taken = await PutAsync(store, id, "me", WriteCondition.Absent, Long);
        await Settled(store, id);
        using var watch = store.Hub.ArmBeside(Interest.In(id, Key));

        var renewed = await PutAsync(store, id, "me", Tag(taken), 2 * Long);

        Assert.Equal((WriteStatus.Done, taken.Tag, taken.Revision), (renewed.Status, renewed.Tag, renewed.Revision));
        Assert.InRange(renewed.Expires!.Value - taken.Expires!.Value, Long - TimeSpan.FromSeconds(1), Long + TimeSpan.FromMinutes(5));
        Assert.Equal(renewed.Expires, (await store.Repository.ReadAsync(id, Key, None)).Value!.Expires);
        Assert.Equal(renewed.Expires, Assert.Single((await store.Repository.ListAsync(id, KeyPrefix.All, None))!.Keys).Expires);
        await Settled(store, id);
        Assert.False(watch.Wake.Signalled.IsCompleted);
        Assert.Equal(taken.Revision, (await store.Repository.ListAsync(id, KeyPrefix.All, None))!.Deployment.Revision);
    }

    [Theory, ClassData(typeof(EveryStoreData))]
    public async Task PutAsync_SameValueWithItsTagAmongSeveral_IsARenewal(StoreKind kind)
    {
        var (store, id) = await CreateAsync(kind);
        var taken = await PutAsync(store, id, "me", WriteCondition.Absent, Long);
        var changed = await PutAsync(store, id, "you", Tag(taken), Long);
        var either = WriteCondition.Matches([taken.Tag.ToString()!, changed.Tag.ToString()!, ""]);

        var renewed = await PutAsync(store, id, "you", either, 2 * Long);
        var other = await PutAsync(store, id, "us!", either, Long);

        Assert.Equal((WriteStatus.Done, changed.Tag), (renewed.Status, renewed.Tag));
        Assert.Equal((WriteStatus.Done, changed.Revision + 1), (other.Status, other.Revision));
        Assert.Equal((WriteStatus.ConditionFailed, other.Tag), ((await PutAsync(store, id, "us!", either, Long)) is var late ? (late.Status, late.Tag) : default));
    }

    [Theory, ClassData(typeof(EveryStoreData))]
    public async Task Renew_AnotherValue_IsAWriteLikeAny(StoreKind kind)
    {
        var (store, id) = await CreateAsync(kind);
        var taken = await PutAsync(store, id, "me", WriteCondition.Absent, Long);

        var changed = await PutAsync(store, id, "me, elsewhere", Tag(taken), Long);

        Assert.Equal((WriteStatus.Done, taken.Revision + 1), (changed.Status, changed.Revision));
        Assert.Equal(WriteStatus.ConditionFailed, (await PutAsync(store, id, "me", Tag(taken), Long)).Status);
        Assert.Null((await PutAsync(store, id, "for good", Tag(changed), null)).Expires);
        Assert.Equal(WriteStatus.Done, (await PutAsync(store, id, "ordinary again", WriteCondition.None, null)).Status);
    }

    [Theory, ClassData(typeof(EveryStoreData))]
    public async Task Release_ByItsHolder_LeavesItFree(StoreKind kind)
    {
        var (store, id) = await CreateAsync(kind);
        var taken = await PutAsync(store, id, "me", WriteCondition.Absent, Long);

        Assert.Equal(WriteStatus.Done, (await store.Repository.RemoveAsync(Write(id, Tag(taken), null), None)).Status);

        Assert.Equal(WriteStatus.Done, (await PutAsync(store, id, "you", WriteCondition.Absent, Long)).Status);
        Assert.Equal(WriteStatus.ConditionFailed, (await store.Repository.RemoveAsync(Write(id, Tag(taken), null), None)).Status);
    }

    [Theory, ClassData(typeof(EveryStoreData))]
    public async Task End_NobodyDoesAnything_WakesWhoWatchesRaisesTheRevisionAndIsAnEvent(StoreKind kind)
    {
        var (store, id) = await CreateAsync(kind);
        var other = await stores.ConnectAsync(kind);
        await store.Repository.PutAsync(Write(id, WriteCondition.None, null) with { Key = ValueKey.Parse("stays") }, "1"u8.ToArray(), None);
        using var key = other.Hub.ArmBeside(Interest.In(id, Key));
        using var prefix = other.Hub.ArmBeside(Interest.In(id, Prefix("lead")));
        var taken = await PutAsync(store, id, "me", WriteCondition.Absent, Short);
        while ((await other.Repository.ReadAsync(id, Key, None)).Value is not null)
            await Task.Yield();

        // Over, maybe not yet swept: absent to everybody.
        Assert.Equal(["stays"], (await other.Repository.ListAsync(id, KeyPrefix.All, None))!.Keys.Select(info => info.Key));
        Assert.Equal(WriteStatus.ConditionFailed, (await PutAsync(store, id, "me", Tag(taken), Long)).Status);
        Assert.Equal(WriteStatus.ConditionFailed, (await store.Repository.RemoveAsync(Write(id, Tag(taken), null), None)).Status);
        await LapseAsync(store, id);

        var listing = (await store.Repository.ListAsync(id, KeyPrefix.All, None))!;
        Assert.Equal(taken.Revision + 1, listing.Deployment.Revision);
        var ends = (await store.Repository.ReadEventsAsync(id, 0, None)).Events.Where(happened => happened.Type == EventType.Expired).ToList();
        Assert.Equal(("leader", taken.Revision + 1), (Assert.Single(ends).Key, ends[0].Revision));
        await key.Wake.Signalled;
        await prefix.Wake.Signalled;
    }

    [Theory, ClassData(typeof(EveryStoreData))]
    public async Task Take_OverButNotSwept_TellsTheEndOfTheFirstOnce(StoreKind kind)
    {
        var (store, id) = await CreateAsync(kind);
        var taken = await PutAsync(store, id, "me", WriteCondition.Absent, Short);
        await ForgetAsync(store, id);
        while ((await store.Repository.ReadAsync(id, Key, None)).Value is not null)
            await Task.Yield();

        var successor = await PutAsync(store, id, "you", WriteCondition.Absent, Long);
        await store.SweepAsync();

        Assert.Equal((WriteStatus.Done, taken.Revision + 2), (successor.Status, successor.Revision));
        Assert.Equal(
            [(EventType.Put, taken.Revision), (EventType.Expired, taken.Revision + 1), (EventType.Put, taken.Revision + 2)],
            (await store.Repository.ReadEventsAsync(id, 0, None)).Events.Where(happened => happened.Key == "leader").Select(happened => (happened.Type, happened.Revision)));
        Assert.Equal(successor.Revision, (await store.Repository.ListAsync(id, KeyPrefix.All, None))!.Deployment.Revision);
    }

    [Theory, ClassData(typeof(EveryStoreData))]
    public async Task Take_ReplyLostAndTheLeaseIsAnothers_TheAnswerTellsThatItsTimeIsOver(StoreKind kind)
    {
        var (store, id) = await CreateAsync(kind);
        var write = Write(id, WriteCondition.Absent, Short) with { IdempotencyKey = "attempt" };
        var first = await store.Repository.PutAsync(write, "me"u8.ToArray(), None);
        WriteOutcome successor;
        do
            successor = await PutAsync(store, id, "you", WriteCondition.Absent, Long);
        while (successor.Status != WriteStatus.Done);

        var again = await store.Repository.PutAsync(write, "me"u8.ToArray(), None);

        Assert.Equal(first, again);
        Assert.True(again.Expires <= successor.Expires - Long);
        Assert.Equal("you", (await store.Repository.ReadAsync(id, Key, None)).Value!.AsText());
    }

    [TheoryWith("redis-server"), InlineData(StoreKind.Redis), InlineData(StoreKind.Cluster)]
    public async Task Renew_ForAShorterTime_IsLookedAtSooner(StoreKind kind)
    {
        var (store, id) = await CreateAsync(kind);
        var taken = await PutAsync(store, id, "me", WriteCondition.Absent, Long);

        Assert.Equal(WriteStatus.Done, (await PutAsync(store, id, "me", Tag(taken), TimeSpan.FromMinutes(1))).Status);

        Assert.InRange(await NotedAsync(store, id), 1, (taken.Expires!.Value - TimeSpan.FromMinutes(30)).ToUnixTimeMilliseconds());
    }

    [Fact]
    public async Task Restart_LeaseEndedMeanwhile_IsToldOf()
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
    public async Task Take_ManyAtOnceAfterItsEnd_ExactlyOneWins(StoreKind kind)
    {
        var (store, id) = await CreateAsync(kind);
        var other = await stores.ConnectAsync(kind);
        for (var round = 0; round < 3; round++)
        {
            var outcomes = await Task.WhenAll(Enumerable.Range(0, 8).Select(async i =>
            {
                var mine = i % 2 == 0 ? store : other;
                while (true)
                {
                    var outcome = await PutAsync(mine, id, $"contender {i}", WriteCondition.Absent, Short);
                    if (outcome.Status == WriteStatus.Done || (await mine.Repository.ReadAsync(id, Key, None)).Value is { } held && held.AsText() != "before")
                        return outcome;
                }
            }));

            var winner = Assert.Single(outcomes, outcome => outcome.Status == WriteStatus.Done);
            Assert.Equal(WriteStatus.Done, (await PutAsync(store, id, "before", Tag(winner), Short)).Status);
        }
    }

    [Theory, ClassData(typeof(EveryStoreData))]
    public async Task Fence_LeaseInTheWritersHands_LetsWriteAndNoOther(StoreKind kind)
    {
        var (store, id) = await CreateAsync(kind);
        var taken = await PutAsync(store, id, "me", WriteCondition.Absent, Short);
        var work = ValueKey.Parse("work");
        Task<WriteOutcome> FencedAsync(string? tag) => store.Repository.PutAsync(
            new ValueWrite(id, work, new EpochProof("e1"), WriteCondition.None, null) { Fence = new Fence(Key, tag!) }, "done"u8.ToArray(), None);

        Assert.Equal(WriteStatus.Done, (await FencedAsync(taken.Tag.ToString())).Status);
        Assert.Equal(WriteStatus.FenceLost, (await FencedAsync("1.0000000000000000")).Status);
        Assert.Equal(WriteStatus.FenceLost, (await FencedAsync("")).Status);
        Assert.Equal(WriteStatus.FenceLost, (await store.Repository.PutAsync(
            new ValueWrite(id, Key, new EpochProof("e1"), WriteCondition.None, null) { Fence = new Fence(work, taken.Tag.ToString()!) }, "x"u8.ToArray(), None)).Status);

        // Stopped for longer than the lease, its holder changes nothing any more: neither its own work, nor its successor's lease.
        WriteOutcome successor;
        do
            successor = await PutAsync(store, id, "you", WriteCondition.Absent, Long);
        while (successor.Status != WriteStatus.Done);

        Assert.Equal(WriteStatus.FenceLost, (await FencedAsync(taken.Tag.ToString())).Status);
        Assert.Equal(WriteStatus.ConditionFailed, (await PutAsync(store, id, "me", Tag(taken), Long)).Status);
        Assert.Equal(WriteStatus.ConditionFailed, (await store.Repository.RemoveAsync(Write(id, Tag(taken), null), None)).Status);
        Assert.Equal(WriteStatus.FenceLost, (await store.Repository.RemoveAsync(
            new ValueWrite(id, work, new EpochProof("e1"), WriteCondition.None, null) { Fence = new Fence(Key, taken.Tag.ToString()!) }, None)).Status);
        Assert.Equal(WriteStatus.Done, (await FencedAsync(successor.Tag.ToString())).Status);
        Assert.Equal("you", (await store.Repository.ReadAsync(id, Key, None)).Value!.AsText());
    }

    [Theory, ClassData(typeof(EveryStoreData))]
    public async Task Take_ReplyLost_TheSameIdempotencyKeyLearnsThatItWon(StoreKind kind)
    {
        var (store, id) = await CreateAsync(kind);
        var write = Write(id, WriteCondition.Absent, Long) with { IdempotencyKey = "attempt" };
        var first = await store.Repository.PutAsync(write, "me"u8.ToArray(), None);

        var again = await store.Repository.PutAsync(write, "me"u8.ToArray(), None);
        var other = await store.Repository.PutAsync(write with { IdempotencyKey = "another" }, "you"u8.ToArray(), None);

        Assert.NotNull(first.Expires);
        Assert.Equal(first, again);
        Assert.Equal(WriteStatus.ConditionFailed, other.Status);
    }

    [Theory, ClassData(typeof(EveryStoreData))]
    public async Task Bytes_OfALeaseThatIsOver_CountNoLonger(StoreKind kind)
    {
        var (store, id) = await CreateAsync(kind);
        var big = new byte[7_000_000];
        Assert.Equal(WriteStatus.Done, (await store.Repository.PutAsync(Write(id, WriteCondition.Absent, Short), big, None)).Status);
        Assert.Equal(WriteStatus.TooManyBytes, (await store.Repository.PutAsync(Write(id, WriteCondition.None, null) with { Key = ValueKey.Parse("b") }, big, None)).Status);
        while ((await store.Repository.ReadAsync(id, Key, None)).Value is not null)
            await Task.Yield();
        await LapseAsync(store, id);

        Assert.Equal(WriteStatus.Done, (await store.Repository.PutAsync(Write(id, WriteCondition.None, null) with { Key = ValueKey.Parse("b") }, big, None)).Status);
    }

    private static WriteCondition Tag(WriteOutcome outcome) => WriteCondition.Matches([outcome.Tag.ToString()!]);

    private static KeyPrefix Prefix(string text) => KeyPrefix.TryParse(text, out var prefix, out _) ? prefix : throw new FormatException(text);

    private static ValueWrite Write(DeploymentId id, WriteCondition condition, TimeSpan? lease) => new(id, Key, new EpochProof("e1"), condition, null) { Lease = lease };

    private static Task<WriteOutcome> PutAsync(OpenStore store, DeploymentId id, string value, WriteCondition condition, TimeSpan? lease) =>
        store.Repository.PutAsync(Write(id, condition, lease), Encoding.UTF8.GetBytes(value), None);

    /// <summary>Comes back when the lease's end is no longer only a matter of the clock: somebody has swept it.</summary>
    private static async Task LapseAsync(OpenStore store, DeploymentId id)
    {
        while ((await store.Repository.ReadEventsAsync(id, 0, None)).Events.All(happened => happened.Type != EventType.Expired))
            await store.SweepAsync();
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
        (await Database(store).SortedSetScoreAsync(store.Services.GetRequiredService<RedisKeys>().Leases, $"{id} {Key}"))!.Value;

    private static StackExchange.Redis.IDatabase Database(OpenStore store) => store.Services.GetRequiredService<RedisConnection>().Redis.GetDatabase();

    /// <summary>A change of our own has come back through the feed: all that were made before it have, too.</summary>
    private static async Task Settled(OpenStore store, DeploymentId id)
    {
        // The embedded store has told the watches before it answers.
        if (store.Services.GetService<RedisKeys>() is not { } keys)
            return;

        var marker = ValueKey.Parse("marker");
        using var watch = store.Hub.ArmBeside(Interest.In(id, marker));
        var connection = store.Services.GetRequiredService<RedisConnection>();
        await connection.Redis.GetSubscriber().PublishAsync(keys.Changes, ChangeMessage.Key(id, marker));
        await watch.Wake.Signalled;
    }

    private async Task<(OpenStore Store, DeploymentId Id)> CreateAsync(StoreKind kind)
    {
        var store = await stores.GetAsync(kind);
        return (store, await CreateAsync(store));
    }

    private static async Task<DeploymentId> CreateAsync(OpenStore store) =>
        (await store.Repository.CreateAsync(new NewDeployment(DeploymentId.New(), new Owner("config", "alice"), null, null, "e1", null), None)).Id;
}
