using System.Security.Cryptography;
using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Goterra.Core.Model;
using Goterra.Infrastructure.Sqlite;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;

namespace Goterra.Tests.Contract.Sqlite;

/// <summary>
/// What SQLite's users met in servers that run for months: growing files, and a database that is locked.
/// </summary>
[Trait("Category", "Contract")]
public sealed class BoundedFilesTests : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task DeleteAsync_ManyDeployments_FilesStayBounded()
    {
        await using var store = await OpenStore.StartAsync(OpenStore.In(_folder));
        var stays = await CreateAsync(store);
        var kept = RandomNumberGenerator.GetBytes(50_000);
        await PutAsync(store, stays, "kept", kept);

        // 120 MB come and go, 4 MB at a time.
        for (var round = 0; round < 30; round++)
        {
            var id = await CreateAsync(store);
            await Parallel.ForAsync(
                0, 30,
                async (i, _) => await PutAsync(store, id, $"small/{i}", RandomNumberGenerator.GetBytes(100_000)));
            await PutAsync(store, id, "large", RandomNumberGenerator.GetBytes(1_000_000));
            await store.Repository.DeleteAsync(id, new EpochProof("e1"), None);
            Assert.InRange(SizeOf("data"), 0, 60_000_000);
        }

        // What was used once is given back, step by step.
        await Eventually.Async(() => Task.FromResult(new FileInfo(_folder.File("data/goterra.db")).Length < 3_000_000));
        await Eventually.Async(() => Task.FromResult(Directory.GetFiles(_folder.File("data/values")).Length == 0));
        Assert.True(
            (await store.Repository.ReadAsync(
                stays, ValueKey.Parse("kept"), None)).Value!.Bytes.Span.SequenceEqual(kept));
        Assert.Equal(0, await store.Services.GetRequiredService<SqliteStore>().ReadAsync(session =>
            session.First("SELECT count(*) FROM tombstones WHERE removed = 0", row => row.Number(0))));
    }

    [Fact]
    public async Task Restart_OverlappingReaders_LogStaysBounded()
    {
        await using var store = await OpenStore.StartAsync(OpenStore.In(_folder));
        var id = await CreateAsync(store);
        for (var i = 0; i < 200; i++)
            await PutAsync(store, id, $"k{i}", RandomNumberGenerator.GetBytes(10_000));
        using var stop = new CancellationTokenSource();
        var readers = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
                await store.Repository.ListAsync(id, KeyPrefix.All, None);
        })).ToList();

        // 120 MB into 2 MB of values.
        await Parallel.ForAsync(0, 12_000, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, _) =>
            await PutAsync(store, id, $"k{i % 200}", RandomNumberGenerator.GetBytes(10_000)));
        await stop.CancelAsync();
        await Task.WhenAll(readers);

        Assert.InRange(new FileInfo(_folder.File("data/goterra.db-wal")).Length, 0, 100_000_000);
        Assert.InRange(new FileInfo(_folder.File("data/goterra.db")).Length, 0, 10_000_000);
    }

    [Fact]
    public async Task WriteAsync_AnotherProgramReads_IsNeverBusy()
    {
        await using var store = await OpenStore.StartAsync(OpenStore.In(_folder));
        var id = await CreateAsync(store);
        using var stop = new CancellationTokenSource();
        var other = Task.Run(() =>
        {
            using var program = new SqliteConnection(
                $"Data Source={_folder.File("data/goterra.db")};Mode=ReadOnly;Pooling=False");
            program.Open();
            using var query = program.CreateCommand();
            query.CommandText = "SELECT count(*) FROM events";
            while (!stop.IsCancellationRequested)
                query.ExecuteScalar();
        });

        await Task.WhenAll(Enumerable.Range(0, 32).Select(writer => Task.Run(async () =>
        {
            for (var i = 0; i < 100; i++)
            {
                await PutAsync(store, id, $"w{writer}/{i % 10}", new byte[1 << (i % 15)]);
                Assert.NotNull(
                    (await store.Repository.ReadAsync(id, ValueKey.Parse($"w{writer}/{i % 10}"), None)).Value);
            }
        })));
        await stop.CancelAsync();
        await other;

        Assert.Equal(3200, (await store.Repository.ListAsync(id, KeyPrefix.All, None))!.Deployment.Revision);
    }

    [Fact]
    public async Task WriteAsync_AnotherProgramHoldsLock_FailsUntilReleased()
    {
        await using var store = await OpenStore.StartAsync(OpenStore.In(_folder));
        var id = await CreateAsync(store);
        await PutAsync(store, id, "k", [1]);
        using (LockDatabase())
        {
            var refused = await Assert.ThrowsAsync<StoreUnavailableException>(() => PutAsync(store, id, "k", [2]));
            Assert.Contains("locked", refused.Message, StringComparison.Ordinal);
            Assert.NotNull((await store.Repository.CheckHealthAsync(None)).Problem);
            Assert.Equal([1], (await store.Repository.ReadAsync(id, ValueKey.Parse("k"), None)).Value!.Bytes.ToArray());
        }

        await PutAsync(store, id, "k", [3]);
        await Eventually.Async(async () => (await store.Repository.CheckHealthAsync(None)).Problem is null);
    }

    [Fact]
    public async Task StopAsync_AnotherProgramHoldsLock_FailsQueuedWrites()
    {
        var store = await OpenStore.StartAsync(OpenStore.In(_folder));
        var writer = store.Services.GetRequiredService<SqliteStore>();
        using var held = LockDatabase();
        var queued = Enumerable.Range(0, 19_000).Select(
            _ => writer.WriteAsync(session => session.Execute("DELETE FROM settings"))).ToList();

        // Nineteen transactions, none of which is tried for the five seconds that the provider would.
        await store.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromMinutes(1));

        foreach (var write in queued)
            await Assert.ThrowsAsync<StoreUnavailableException>(() => write);
    }

    [Fact]
    public async Task StartAsync_AnotherProgramHoldsLock_KeepsReserve()
    {
        await (await OpenStore.StartAsync(OpenStore.In(_folder))).DisposeAsync();
        using (var session = new SqliteSession(
            _folder.File("data/goterra.db"), SqliteOpenMode.ReadWrite, cacheKilobytes: 100))
            session.Execute("DELETE FROM settings WHERE name = 'secret'");
        using (LockDatabase())
            await Assert.ThrowsAsync<StoreFolderException>(() => OpenStore.StartAsync(OpenStore.In(_folder)));

        Assert.True(File.Exists(_folder.File("data/reserve")));
    }

    [Fact]
    public async Task DeleteAsync_ManyKeys_LeavesNothing()
    {
        await using var store = await OpenStore.StartAsync(OpenStore.In(_folder));
        var id = await CreateAsync(store);
        await Parallel.ForAsync(0, 2_000, async (i, _) => await PutAsync(store, id, $"k{i}", [1]));

        Assert.Equal(OutcomeKind.Done, await store.Repository.DeleteAsync(id, new EpochProof("e1"), None));

        string[] tables =
            ["\"values\"", "events", "security_events", "replays", "tickets", "ticket_misuses", "deployments"];
        Assert.All(tables, table => Assert.Equal(0, Count(store, table)));
    }

    private SqliteConnection LockDatabase()
    {
        var program = new SqliteConnection($"Data Source={_folder.File("data/goterra.db")};Pooling=False");
        program.Open();
        using var begin = program.CreateCommand();
        begin.CommandText = "BEGIN IMMEDIATE";
        begin.ExecuteNonQuery();
        return program;
    }

    private static long Count(OpenStore store, string table) => store.Services.GetRequiredService<SqliteStore>()
        .ReadAsync(
            session => session.First($"SELECT count(*) FROM {table}", row => row.Number(0))).GetAwaiter().GetResult();

    private long SizeOf(string folder) =>
        new DirectoryInfo(_folder.File(folder)).EnumerateFiles("*", SearchOption.AllDirectories).Sum(
            file => file.Exists ? file.Length : 0);

    private static async Task<DeploymentId> CreateAsync(OpenStore store) =>
        (await store.Repository.CreateAsync(
            new NewDeployment(DeploymentId.New(), Owner.Anonymous, null, null, "e1", null), None)).Id;

    private static async Task PutAsync(OpenStore store, DeploymentId id, string key, byte[] value) => Assert.Equal(
        OutcomeKind.Done,
        (await store.Repository.PutAsync(
            new ValueWrite(id, ValueKey.Parse(key), new EpochProof("e1"), WriteCondition.None, null), value,
            None)).Kind);
}
