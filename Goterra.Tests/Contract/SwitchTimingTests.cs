using System.Text;
using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Goterra.Core.Model;
using Goterra.Tests.Contract.Differential;

namespace Goterra.Tests.Contract;

/// <summary>When dead man's switches fire, on both stores, with a clock that stands still.</summary>
[Trait("Category", "Contract")]
public sealed class SwitchTimingTests : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly TimeSpan Life = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Interruption = TimeSpan.FromMinutes(5);

    private readonly FrozenClock _clock = new();
    private readonly TempFolder _folder = new();
    private RedisServer? _redis;
    private ComparedStore? _store;
    private DeploymentId _id;

    private ComparedStore Store => _store!;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        if (_store is not null)
            await _store.DisposeAsync();
        if (_redis is not null)
            await _redis.DisposeAsync();
        _folder.Dispose();
        _clock.Dispose();
    }

    [TheoryWith("redis-server", "faketime"), InlineData(StoreKind.Embedded), InlineData(StoreKind.Redis)]
    public async Task SweepAsync_NotRenewed_FiresWhenTheLeaseLapses(StoreKind kind)
    {
        await StartAsync(kind);
        await RunAsync(Life - Step);
        Assert.False(await IsFailedAsync());

        await RunAsync(2 * Step);

        Assert.True(await IsFailedAsync());
    }

    [TheoryWith("redis-server", "faketime"), InlineData(StoreKind.Embedded), InlineData(StoreKind.Redis)]
    public async Task SweepAsync_AfterInterruption_FiresOnlyAfterAnotherFullTime(StoreKind kind)
    {
        var taken = await StartAsync(kind);
        _clock.Advance(Interruption);
        await RunAsync(Life - Step);
        Assert.False(await IsFailedAsync());
        Assert.Null((await Store.Repository.ReadAsync(_id, Key("worker-1"), None)).Value);

        await RunAsync(2 * Step);

        Assert.True(await IsFailedAsync());
        Assert.Equal(OutcomeKind.ConditionFailed, (await PutAsync(Tag(taken), Life)).Kind);
    }

    [TheoryWith("redis-server", "faketime"), InlineData(StoreKind.Embedded), InlineData(StoreKind.Redis)]
    public async Task PutAsync_RenewedAfterInterruption_LivesOn(StoreKind kind)
    {
        var taken = await StartAsync(kind);
        _clock.Advance(Interruption);
        await RunAsync(Step);

        var renewed = await PutAsync(Tag(taken), Life);

        Assert.Equal((OutcomeKind.Done, taken.Tag), (renewed.Kind, renewed.Tag));
        Assert.NotNull((await Store.Repository.ReadAsync(_id, Key("worker-1"), None)).Value);
        await RunAsync(Life - Step);
        Assert.False(await IsFailedAsync());
        await RunAsync(3 * Step);
        Assert.True(await IsFailedAsync());
    }

    [TheoryWith("redis-server", "faketime"), InlineData(StoreKind.Embedded), InlineData(StoreKind.Redis)]
    public async Task RemoveAsync_GivenBackAfterInterruption_NeverFires(StoreKind kind)
    {
        var taken = await StartAsync(kind);
        _clock.Advance(Interruption);
        await RunAsync(Step);

        Assert.Equal(OutcomeKind.Done, (await Store.Repository.RemoveAsync(Write(Tag(taken)), None)).Kind);

        await RunAsync(2 * Life);
        Assert.False(await IsFailedAsync());
    }

    [TheoryWith("redis-server", "faketime"), InlineData(StoreKind.Embedded), InlineData(StoreKind.Redis)]
    public async Task PutAsync_TakenAgainAfterInterruption_ArmsAnew(StoreKind kind)
    {
        await StartAsync(kind);
        _clock.Advance(Interruption);
        await RunAsync(Step);

        Assert.Equal(OutcomeKind.Done, (await PutAsync(WriteCondition.Absent, Life)).Kind);

        await RunAsync(Life - Step);
        Assert.False(await IsFailedAsync());
        await RunAsync(3 * Step);
        Assert.True(await IsFailedAsync());
    }

    [TheoryWith("redis-server", "faketime"), InlineData(StoreKind.Embedded), InlineData(StoreKind.Redis)]
    public async Task PutAsync_ReplacesLapsedLease_FiresFirst(StoreKind kind)
    {
        var taken = await StartAsync(kind);
        await RunAsync(Life - Step);
        _clock.Advance(Step);

        var replaced = await PutAsync(WriteCondition.Absent, Life);

        Assert.Equal((OutcomeKind.Done, taken.Revision + 2), (replaced.Kind, replaced.Revision));
        Assert.True(await IsFailedAsync());
        Assert.Equal(
            [EventType.Expired, EventType.Failed, EventType.Put],
            (await Store.Repository.ReadEventsAsync(_id, 3, None)).Events.Select(happened => happened.Type));
    }

    /// <returns>The outcome of taking the lease.</returns>
    private async Task<Outcome> StartAsync(StoreKind kind)
    {
        if (kind == StoreKind.Redis)
        {
            _redis = await RedisServer.StartAsync(_clock, "--appendonly", "no");
            _store = await ComparedStore.OnRedisAsync(_redis, "timing", _clock, new Limits(), postponesSwitches: true);
        }
        else
        {
            _store = await ComparedStore.OnSqliteAsync(_folder, _clock, new Limits(), postponesSwitches: true);
        }

        _id = (await Store.Repository.CreateAsync(
            new NewDeployment(DeploymentId.New(), new Owner("config", "alice"), null, null, "e1", null), None)).Id;
        var other = Write(WriteCondition.Absent) with { Key = Key("other"), Lease = TimeSpan.FromHours(1) };
        await Store.Repository.PutAsync(other, "me"u8.ToArray(), None);
        await Store.SweepAsync(None);
        var taken = await PutAsync(WriteCondition.Absent, Life);
        Assert.Equal(OutcomeKind.Done, taken.Kind);
        return taken;
    }

    private async Task RunAsync(TimeSpan time)
    {
        for (var run = TimeSpan.Zero; run < time; run += Step)
        {
            _clock.Advance(Step);
            await Store.SweepAsync(None);
        }
    }

    private async Task<bool> IsFailedAsync() => (await Store.Repository.FindAsync(_id, None))!.Failed;

    private static ValueKey Key(string text) => ValueKey.Parse(text);

    private static WriteCondition Tag(Outcome outcome) => WriteCondition.Matches([outcome.Tag.ToString()!]);

    private ValueWrite Write(WriteCondition condition) =>
        new(_id, Key("worker-1"), new EpochProof("e1"), condition, null);

    private Task<Outcome> PutAsync(WriteCondition condition, TimeSpan life) => Store.Repository.PutAsync(
        Write(condition) with
        {
            Lease = life,
            OnLapse = new FailureReport(FailureSource.Parse("worker-1"), "no sign of life", null),
        },
        Encoding.UTF8.GetBytes("me"), None);
}
