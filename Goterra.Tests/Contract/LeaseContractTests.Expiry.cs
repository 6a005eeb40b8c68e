using Goterra.Core.Deployments;
using Goterra.Core.Model;
using Goterra.Core.Waiting;
using Goterra.Infrastructure.Redis;
using Microsoft.Extensions.DependencyInjection;

namespace Goterra.Tests.Contract;

public sealed partial class LeaseContractTests
{
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
            [(EventType.Put, taken.Revision), (EventType.Expired, taken.Revision + 1),
                (EventType.Put, taken.Revision + 2)],
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
                        || ((await mine.Repository.ReadAsync(id, Key, None)).Value is { } held
                            && held.AsText() != "before");
                });
                return outcome!;
            }));

            var winner = Assert.Single(outcomes, outcome => outcome.Kind == OutcomeKind.Done);
            Assert.Equal(OutcomeKind.Done, (await PutAsync(store, id, "before", Tag(winner), Short)).Kind);
        }
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
        // In these tests, the embedded store sweeps only on request.
        if (store.Services.GetService<RedisKeys>() is { } keys)
            await Database(store).SortedSetRemoveAsync(keys.Leases, $"{id} {Key}");
    }

    /// <summary>When the lease is to be looked at.</summary>
    private static async Task<double> NotedAsync(OpenStore store, DeploymentId id) =>
        (await Database(store).SortedSetScoreAsync(
            store.Services.GetRequiredService<RedisKeys>().Leases, $"{id} {Key}"))!.Value;

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
}
