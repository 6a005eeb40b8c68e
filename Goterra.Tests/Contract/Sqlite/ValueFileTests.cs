using System.Security.Cryptography;
using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Goterra.Core.Model;
using Goterra.Infrastructure.Sqlite;
using Microsoft.Data.Sqlite;

namespace Goterra.Tests.Contract.Sqlite;

/// <summary>Large values are files of their own; none is lost, and none is left behind.</summary>
[Trait("Category", "Contract")]
public sealed partial class ValueFileTests : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(ValueFiles.DefaultThreshold - 37, 0)]
    [InlineData(ValueFiles.DefaultThreshold - 36, 1)]
    public async Task PutAsync_AroundTheThreshold_IsReadBackFromWhereItIs(int size, int files)
    {
        await using var store = await OpenStore.StartAsync(OpenStore.In(_folder));
        var id = await CreateAsync(store);
        var value = RandomNumberGenerator.GetBytes(size);

        await PutAsync(store, id, "k", value);

        await EventuallyFilesAsync(files);
        Assert.True((await ReadAsync(store, id, "k"))!.Bytes.Span.SequenceEqual(value));
        var listing = (await store.Repository.ListAsync(id, KeyPrefix.All, None))!;
        Assert.True((await store.Repository.LoadAsync(id, listing.Keys, None))!["k"].Bytes.Span.SequenceEqual(value));
    }

    [Fact]
    public async Task PutAsync_ReplacedRemovedOrRefused_LeavesNoFile()
    {
        await using var store = await OpenStore.StartAsync(OpenStore.In(_folder));
        var id = await CreateAsync(store);
        var large = RandomNumberGenerator.GetBytes(300_000);

        await PutAsync(store, id, "replaced", large);
        await PutAsync(store, id, "replaced", [1]);
        await PutAsync(store, id, "removed", large);
        await store.Repository.RemoveAsync(Write(id, "removed"), None);
        await store.Repository.PutAsync(Write(id, "replaced") with { Condition = WriteCondition.Absent }, large, None);
        var lease =
            Write(id, "lease") with
            {
                Condition = WriteCondition.Absent,
                Lease = TimeSpan.FromHours(1),
                IdempotencyKey = "once",
            };
        var taken = await store.Repository.PutAsync(lease, large, None);
        Assert.Equal(taken, await store.Repository.PutAsync(lease, large, None));
        await store.Repository.PutAsync(
            lease with { Condition = WriteCondition.Matches([taken.Tag.ToString()!]), IdempotencyKey = null },
            large, None);
        await EventuallyFilesAsync(1);

        await PutAsync(store, id, "deleted", large);
        await store.Repository.DeleteAsync(id, new EpochProof("e1"), None);
        await EventuallyFilesAsync(0);
    }

    [Fact]
    public async Task RemoveReleased_PinCannotBeOpened_IsReportedUntilItCan()
    {
        await using var store = await OpenStore.StartAsync(OpenStore.In(_folder));
        var id = await CreateAsync(store);
        await PutAsync(store, id, "k", Filled(1));
        var pin = _folder.File("data/backup");

        // Like a file of another user, it cannot be opened; unlike one, not even by root.
        File.Delete(pin);
        Directory.CreateDirectory(pin);
        await PutAsync(store, id, "k", Filled(2));
        await Eventually.Async(async () => await ProblemAsync() is { } problem
            && problem.Contains("data/backup cannot be opened", StringComparison.Ordinal));
        Assert.Equal(2, Files().Length);

        Directory.Delete(pin);
        await EventuallyFilesAsync(1);
        await Eventually.Async(async () => await ProblemAsync() is null);

        async Task<string?> ProblemAsync() => (await store.Repository.CheckHealthAsync(None)).Problem;
    }

    [Fact]
    public async Task PutAsync_UnexpectedException_LeavesNoFile()
    {
        await using var store = await OpenStore.StartAsync(OpenStore.In(_folder));
        var id = await CreateAsync(store);
        using (var session = new SqliteSession(
            _folder.File("data/goterra.db"), SqliteOpenMode.ReadWrite, cacheKilobytes: 100))
            session.Execute(
                "CREATE TRIGGER refuse BEFORE INSERT ON \"values\" BEGIN SELECT RAISE(ABORT, 'refused'); END");

        await Assert.ThrowsAsync<SqliteException>(() => PutAsync(store, id, "k", Filled(1)));

        Assert.Empty(Files());
    }

    [Fact]
    public async Task PutAsync_DatabaseDamaged_LeavesNoFile()
    {
        await using var store = await OpenStore.StartAsync(OpenStore.In(_folder));
        var id = await CreateAsync(store);
        for (var i = 0; i < 100; i++)
            await PutAsync(store, id, $"damaged-{i:00}", [1]);
        using (var session = new SqliteSession(
            _folder.File("data/goterra.db"), SqliteOpenMode.ReadWrite, cacheKilobytes: 100))
        {
            await Eventually.Async(
                () => Task.FromResult(session.First("PRAGMA wal_checkpoint(TRUNCATE)", row => row.Number(0)) == 0));
            DamagedDatabase.OverwriteLeavesOf(_folder.File("data/goterra.db"), $"{id}damaged-50");

            // A change by another connection, so that the writer reads the pages again.
            session.Execute("INSERT INTO settings (name, value) VALUES ('test', 'changed')");
        }


        await Assert.ThrowsAsync<StoreDamagedException>(() => PutAsync(store, id, "damaged-50", Filled(1)));

        Assert.Empty(Files());
    }

    [Fact]
    public async Task ReadAsync_ConcurrentReplacements_ReadsWholeValues()
    {
        await using var store = await OpenStore.StartAsync(OpenStore.In(_folder));
        var id = await CreateAsync(store);
        await PutAsync(store, id, "k", Filled(0));
        using var stop = new CancellationTokenSource();
        var readers = Enumerable.Range(0, 4).Select(_ => Task.Factory.StartNew(
            () =>
            {
                var reads = 0;
                for (; reads == 0 || !stop.IsCancellationRequested; reads++)
                {
                    var bytes = ReadAsync(store, id, "k").GetAwaiter().GetResult()!.Bytes;
                    Assert.Equal(200_000, bytes.Length);
                    Assert.False(bytes.Span.ContainsAnyExcept(bytes.Span[0]));
                }

                return reads;
            },
            None, TaskCreationOptions.LongRunning, TaskScheduler.Default)).ToList();

        for (var i = 1; i <= 200; i++)
            await PutAsync(store, id, "k", Filled((byte)i));
        await stop.CancelAsync();

        Assert.All(await Task.WhenAll(readers), reads => Assert.NotEqual(0, reads));
        await EventuallyFilesAsync(1);
    }

    [Fact]
    public async Task StartAsync_FilesWithoutRow_AreRemoved()
    {
        DeploymentId id;
        await using (var store = await OpenStore.StartAsync(OpenStore.In(_folder)))
        {
            id = await CreateAsync(store);
            await PutAsync(store, id, "k", Filled(1));
        }

        File.WriteAllBytes(Path.Combine(_folder.File("data/values"), "0123456789abcdef0123456789abcdef"), [1]);
        await using (var store = await OpenStore.StartAsync(OpenStore.In(_folder)))
        {
            await EventuallyFilesAsync(1);
            Assert.Equal(200_000, (await ReadAsync(store, id, "k"))!.Bytes.Length);
        }
    }

    [Fact]
    public async Task Dispose_WritesWaiting_AreRefusedUnlessCanceled()
    {
        using var folder = DataFolder.Take(_folder.File("data"));
        using var files = new ValueFiles(folder);
        using var gate = new ManualResetEventSlim();
        var entered = new TaskCompletionSource();
        using var gaveUp = new CancellationTokenSource();
        var held = Task.Factory.StartNew(
            () => files.WriteAsync(9_000_000, _ =>
            {
                entered.SetResult();
                gate.Wait(TimeSpan.FromMinutes(1));
            }, None),
            None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap();
        await entered.Task;
        var canceled = files.WriteAsync(9_000_000, _ => { }, gaveUp.Token);
        var waiting = files.WriteAsync(9_000_000, _ => { }, None);

        await gaveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => canceled);
        files.Dispose();
        gate.Set();

        Assert.NotNull(await held);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => waiting);
    }

    private Task EventuallyFilesAsync(int count) => Eventually.Async(() => Task.FromResult(Files().Length == count));

    private static byte[] Filled(byte with)
    {
        var value = new byte[200_000];
        Array.Fill(value, with);
        return value;
    }

    private string[] Files() => Directory.GetFiles(_folder.File("data/values"));

    private static async Task<DeploymentId> CreateAsync(OpenStore store) =>
        (await store.Repository.CreateAsync(
            new NewDeployment(DeploymentId.New(), Owner.Anonymous, null, null, "e1", null), None)).Id;

    private static ValueWrite Write(DeploymentId id, string key) =>
        new(id, ValueKey.Parse(key), new EpochProof("e1"), WriteCondition.None, null);

    private static Task<Outcome> PutAsync(OpenStore store, DeploymentId id, string key, byte[] value) =>
        store.Repository.PutAsync(Write(id, key), value, None);

    private static async Task<StoredValue?> ReadAsync(OpenStore store, DeploymentId id, string key) =>
        (await store.Repository.ReadAsync(id, ValueKey.Parse(key), None)).Value;
}
