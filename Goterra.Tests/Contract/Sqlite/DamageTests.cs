using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Goterra.Core.Model;
using Goterra.Infrastructure.Sqlite;
using Microsoft.Data.Sqlite;

namespace Goterra.Tests.Contract.Sqlite;

/// <summary>A damaged database is told in words, and no more of it is lost than is damaged.</summary>
[Trait("Category", "Contract")]
public sealed class DamageTests : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task StartAsync_DatabaseDamaged_IsRefusedWithOneLine(bool wholly)
    {
        await using (var server = await ServerProcess.StartAsync(_folder))
            await server.TerminateAsync();

        // A page that every start reads: the check for damage is given up when it takes too long.
        if (wholly)
            await File.WriteAllBytesAsync(_folder.File("data/goterra.db"), new byte[100_000]);
        else
            DamagedDatabase.OverwritePage(
                _folder.File("data/goterra.db"), Read("SELECT rootpage FROM sqlite_schema WHERE name = 'settings'"));
        var (code, output) = await ServerProcess.RunAsync(_folder, [], ("GOT_WEB_PORT", "0"));

        Assert.Equal(2, code);
        var line = Assert.Single(
            output.Split('\n'), line => line.StartsWith("goterra-store:", StringComparison.Ordinal));
        Assert.Contains("damaged", line, StringComparison.Ordinal);
        Assert.Contains("goterra-store restore FILE", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task QuickCheck_DatabaseDamaged_FindsIt()
    {
        await (await OpenStore.StartAsync(OpenStore.In(_folder))).DisposeAsync();
        DamagedDatabase.OverwritePage(
            _folder.File("data/goterra.db"), Read("SELECT rootpage FROM sqlite_schema WHERE name = 'tickets'"));
        using var session = new SqliteSession(
            _folder.File("data/goterra.db"), SqliteOpenMode.ReadWrite, cacheKilobytes: 100);

        Assert.NotNull(SqliteSchema.QuickCheck(session, Timeout.InfiniteTimeSpan));
    }

    [Fact]
    public async Task ReadAsync_PageDamagedWhileRunning_FailsOnlyThatCall()
    {
        await using var store = await OpenStore.StartAsync(OpenStore.In(_folder));
        var (damaged, intact) = (await CreateAsync(store), await CreateAsync(store));
        for (var i = 0; i < 100; i++)
        {
            await PutAsync(store, damaged, $"damaged-{i:00}");
            await PutAsync(store, intact, $"intact-{i:00}");
        }

        using (var session = new SqliteSession(
            _folder.File("data/goterra.db"), SqliteOpenMode.ReadWrite, cacheKilobytes: 100))
            await Eventually.Async(
                () => Task.FromResult(session.First("PRAGMA wal_checkpoint(TRUNCATE)", row => row.Number(0)) == 0));
        DamagedDatabase.OverwriteLeavesOf(_folder.File("data/goterra.db"), $"{damaged}damaged-50");

        await Assert.ThrowsAsync<StoreDamagedException>(
            () => store.Repository.ReadAsync(damaged, ValueKey.Parse("damaged-50"), None));
        Assert.NotNull((await store.Repository.ReadAsync(intact, ValueKey.Parse("intact-50"), None)).Value);
        Assert.Null((await store.Repository.CheckHealthAsync(None)).Problem);
        await PutAsync(store, intact, "intact-50");
    }

    [Fact]
    public async Task StartAsync_NewerFormat_IsRefused()
    {
        await (await OpenStore.StartAsync(OpenStore.In(_folder))).DisposeAsync();
        Execute("PRAGMA user_version = 99");

        var e = await Assert.ThrowsAsync<StoreFolderException>(() => OpenStore.StartAsync(OpenStore.In(_folder)));

        Assert.Contains("format 99", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Migrate_OlderFormat_MigratesInOneTransaction()
    {
        await (await OpenStore.StartAsync(OpenStore.In(_folder))).DisposeAsync();
        using var session = new SqliteSession(
            _folder.File("data/goterra.db"), SqliteOpenMode.ReadWrite, cacheKilobytes: 100);
        string[] failing = [.. SqliteSchema.Versions, "CREATE TABLE added (a TEXT)", "CREATE TABLE added (twice TEXT)"];

        Assert.Throws<SqliteException>(() => SqliteSchema.Migrate(session, failing));
        session.Execute("ROLLBACK");
        Assert.Equal(0, session.First("SELECT count(*) FROM sqlite_schema WHERE name = 'added'", row => row.Number(0)));

        SqliteSchema.Migrate(session, failing[..^1]);
        Assert.Equal(0, session.First("SELECT count(*) FROM added", row => row.Number(0)));
        Assert.Equal(SqliteSchema.Versions.Count + 1, session.First("PRAGMA user_version", row => row.Number(0)));
    }

    private void Execute(string sql)
    {
        using var session = new SqliteSession(
            _folder.File("data/goterra.db"), SqliteOpenMode.ReadWrite, cacheKilobytes: 100);
        session.Execute(sql);
    }

    private long Read(string sql)
    {
        using var session = new SqliteSession(
            _folder.File("data/goterra.db"), SqliteOpenMode.ReadWrite, cacheKilobytes: 100);
        return session.First(sql, row => row.Number(0));
    }

    private static async Task<DeploymentId> CreateAsync(OpenStore store) =>
        (await store.Repository.CreateAsync(
            new NewDeployment(DeploymentId.New(), Owner.Anonymous, null, null, "e1", null), None)).Id;

    private static async Task PutAsync(OpenStore store, DeploymentId id, string key) => Assert.Equal(
        OutcomeKind.Done,
        (await store.Repository.PutAsync(
            new ValueWrite(id, ValueKey.Parse(key), new EpochProof("e1"), WriteCondition.None, null),
            "v"u8.ToArray(), None)).Kind);
}
