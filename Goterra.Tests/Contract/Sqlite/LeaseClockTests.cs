using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Goterra.Core.Model;
using Goterra.Infrastructure.Sqlite;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;

namespace Goterra.Tests.Contract.Sqlite;

/// <summary>Leases end by a clock that nobody sets; deployments end on their date.</summary>
[Trait("Category", "Contract")]
public sealed class LeaseClockTests : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly ValueKey Key = ValueKey.Parse("leader");

    private readonly TempFolder _folder = new();
    private readonly TwoClocks _time = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(2)]
    [InlineData(-2)]
    public async Task LeaseNow_WallClockSet_LeaseEndsOnTime(int hours)
    {
        await using var store = await StartAsync();
        var id = await CreateAsync(store);
        await TakeAsync(store, id, TimeSpan.FromMinutes(10));

        _time.SetWallClock(TimeSpan.FromHours(hours));
        await store.SweepAsync();
        _time.Advance(TimeSpan.FromMinutes(9));
        Assert.NotNull(await ReadAsync(store, id));

        _time.Advance(TimeSpan.FromMinutes(2));
        Assert.Null(await ReadAsync(store, id));
        await store.SweepAsync();
        Assert.Contains(
            (await store.Repository.ReadEventsAsync(id, 0, None)).Events,
            happened => happened.Type == EventType.Expired);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(-2)]
    public async Task Resume_WallClockSetBeforeRestart_LeaseKeepsItsRemainder(int hours)
    {
        DeploymentId id;
        await using (var store = await StartAsync())
        {
            id = await CreateAsync(store);
            await TakeAsync(store, id, TimeSpan.FromMinutes(10));
            _time.SetWallClock(TimeSpan.FromHours(hours));
            _time.Advance(TimeSpan.FromMinutes(1));
            await SaveLeaseClockAsync(store);
        }

        _time.Advance(TimeSpan.FromMinutes(4));
        await using (var store = await StartAsync())
        {
            Assert.Equal(TimeSpan.FromMinutes(5), (await ReadAsync(store, id))!.Expires - _time.GetUtcNow());
            _time.Advance(TimeSpan.FromMinutes(5));
            Assert.Null(await ReadAsync(store, id));
        }
    }

    [Fact]
    public async Task Resume_WallClockSetBackWhileStopped_LeaseDoesNotGrow()
    {
        DeploymentId id;
        await using (var store = await StartAsync())
        {
            id = await CreateAsync(store);
            await TakeAsync(store, id, TimeSpan.FromMinutes(10));
            _time.Advance(TimeSpan.FromMinutes(7));
            await SaveLeaseClockAsync(store);
        }

        _time.SetWallClock(TimeSpan.FromHours(-2));
        await using (var store = await StartAsync())
        {
            _time.Advance(TimeSpan.FromMinutes(3));
            Assert.Null(await ReadAsync(store, id));
        }
    }

    [Fact]
    public async Task Resume_WallClockSetBackBeforeFirstLease_LeaseDoesNotGrow()
    {
        DeploymentId id;
        await using (var store = await StartAsync())
        {
            id = await CreateAsync(store);
            _time.SetWallClock(TimeSpan.FromHours(-2));
            await TakeAsync(store, id, TimeSpan.FromSeconds(5));
        }

        await using (var store = await StartAsync())
        {
            Assert.NotNull(await ReadAsync(store, id));
            _time.Advance(TimeSpan.FromSeconds(6));
            Assert.Null(await ReadAsync(store, id));
        }
    }

    [Fact]
    public async Task SaveLeaseClockAsync_FirstWriteFails_IsSavedLater()
    {
        DeploymentId id;
        await using (var store = await StartAsync())
        {
            id = await CreateAsync(store);
            await TakeAsync(store, id, TimeSpan.FromMinutes(10));
            _time.SetWallClock(TimeSpan.FromHours(-2));
            await using (var held = await HoldAsync())
                await Assert.ThrowsAsync<StoreUnavailableException>(() => SaveLeaseClockAsync(store));
            await SaveLeaseClockAsync(store);
        }

        await using (var store = await StartAsync())
            Assert.Equal(TimeSpan.FromMinutes(10), (await ReadAsync(store, id))!.Expires - _time.GetUtcNow());
    }

    [Fact]
    public async Task FindAsync_WallClockPassesExpiry_ReturnsNull()
    {
        await using var store = await StartAsync();
        var id = await CreateAsync(store, TimeSpan.FromHours(1));

        _time.SetWallClock(TimeSpan.FromHours(2));

        Assert.Null(await store.Repository.FindAsync(id, None));
    }

    private Task<OpenStore> StartAsync() => OpenStore.StartAsync(OpenStore.In(_folder), time: _time);

    private async Task<SqliteConnection> HoldAsync()
    {
        var program = new SqliteConnection($"Data Source={_folder.File("data/goterra.db")};Pooling=False");
        await program.OpenAsync();
        await using var begin = program.CreateCommand();
        begin.CommandText = "BEGIN IMMEDIATE";
        await begin.ExecuteNonQueryAsync();
        return program;
    }

    private static Task SaveLeaseClockAsync(OpenStore store) =>
        store.Services.GetRequiredService<SqliteHousekeeping>().SaveLeaseClockAsync();

    private static async Task<DeploymentId> CreateAsync(OpenStore store, TimeSpan? lifetime = null) =>
        (await store.Repository.CreateAsync(
            new NewDeployment(DeploymentId.New(), Owner.Anonymous, null, null, "e1", lifetime), None)).Id;

    private static async Task TakeAsync(OpenStore store, DeploymentId id, TimeSpan lease) => Assert.Equal(
        OutcomeKind.Done,
        (await store.Repository.PutAsync(
            new ValueWrite(id, Key, new EpochProof("e1"), WriteCondition.Absent, null) { Lease = lease },
            "me"u8.ToArray(), None)).Kind);

    private static async Task<StoredValue?> ReadAsync(OpenStore store, DeploymentId id) =>
        (await store.Repository.ReadAsync(id, Key, None)).Value;

    /// <summary>A wall clock that can be set, beside a monotonic one.</summary>
    private sealed class TwoClocks : TimeProvider
    {
        private DateTimeOffset _wall = new(2026, 11, 1, 12, 0, 0, TimeSpan.Zero);
        private TimeSpan _monotonic = TimeSpan.FromDays(1);

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override DateTimeOffset GetUtcNow() => _wall;

        public override long GetTimestamp() => _monotonic.Ticks;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            new TimeWithoutTimers().CreateTimer(callback, state, dueTime, period);

        public void SetWallClock(TimeSpan by) => _wall += by;

        public void Advance(TimeSpan by)
        {
            _wall += by;
            _monotonic += by;
        }
    }
}
