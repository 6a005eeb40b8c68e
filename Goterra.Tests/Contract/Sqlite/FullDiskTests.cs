using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Goterra.Core.Model;
using Goterra.Infrastructure;
using Goterra.Infrastructure.Sqlite;
using Microsoft.Extensions.DependencyInjection;

namespace Goterra.Tests.Contract.Sqlite;

/// <summary>A disk that takes no writes costs writes, and nothing else.</summary>
[Trait("Category", "Contract")]
public sealed partial class FullDiskTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    [RootFactWith("mount")]
    public async Task PutAsync_DiskFull_IsRefusedAndOthersSucceed()
    {
        await using var disk = await SmallDisk.MountAsync(megabytes: 24);
        await using var store = await StartAsync(disk);
        var id = await CreateAsync(store);
        Assert.Equal(OutcomeKind.Done, (await PutAsync(store, id, "kept", new byte[100_000])).Kind);
        Assert.Equal(OutcomeKind.Done, (await PutAsync(store, id, "large", new byte[1_000_000])).Kind);

        var ballast = disk.Fill();
        await Assert.ThrowsAsync<StoreFullException>(() => PutAsync(store, id, "too large", new byte[1_000_000]));
        await FillLogAsync(store, id);

        Assert.NotNull((await store.Repository.CheckHealthAsync(None)).Problem);
        Assert.Equal(100_000, (await ReadAsync(store, id, "kept"))!.Bytes.Length);
        Assert.Equal(1_000_000, (await ReadAsync(store, id, "large"))!.Bytes.Length);
        Assert.Null(await ReadAsync(store, id, "too large"));

        File.Delete(ballast);
        Assert.Equal(OutcomeKind.Done, (await PutAsync(store, id, "too large", new byte[1_000_000])).Kind);
        await Eventually.Async(async () => (await store.Repository.CheckHealthAsync(None)).Problem is null);
    }

    [RootFactWith("mount")]
    public async Task DeleteAsync_DiskFull_FreesSpace()
    {
        await using var disk = await SmallDisk.MountAsync(megabytes: 24);
        await using var store = await StartAsync(disk);
        var (id, other) = (await CreateAsync(store), await CreateAsync(store));
        for (var i = 0; i < 50; i++)
            await PutAsync(store, id, $"small/{i}", new byte[20_000]);
        await PutAsync(store, other, "large", new byte[3_000_000]);
        disk.Fill();
        await FillLogAsync(store, id);

        var removed = await store.Repository.RemoveAsync(Write(id, "small/1"), None);
        Assert.Equal(OutcomeKind.Done, removed.Kind);
        Assert.Equal(OutcomeKind.Done, await store.Repository.DeleteAsync(id, new EpochProof("e1"), None));
        Assert.Equal(OutcomeKind.Done, await store.Repository.DeleteAsync(other, new EpochProof("e1"), None));

        var next = await CreateAsync(store);
        Assert.Equal(OutcomeKind.Done, (await PutAsync(store, next, "k", new byte[1_000_000])).Kind);
    }

    [RootFactWith("mount")]
    public async Task RemoveAsync_DiskFull_ReportsDegradedHealth()
    {
        await using var disk = await SmallDisk.MountAsync(megabytes: 24);
        await using var store = await StartAsync(disk);
        var writer = store.Services.GetRequiredService<SqliteStore>();
        disk.Fill();

        // Each succeeds: the one that finds the disk full spends the reserve.
        for (var i = 0; (await store.Repository.CheckHealthAsync(None)).Problem is null; i++)
        {
            Assert.InRange(i, 0, 1000);
            await writer.WriteAsync(
                session =>
                    session.Execute(
                        "INSERT OR REPLACE INTO settings (name, value) VALUES (?1, zeroblob(50000))", $"fill {i}"),
                mayUseReserve: true);
        }

        Assert.True(writer.Folder.Reserve.IsSpent);
    }

    [RootFactWith("mount")]
    public async Task CheckHealthAsync_LessThanReserveFreed_Recovers()
    {
        await using var disk = await SmallDisk.MountAsync(megabytes: 24);
        await using var store = await StartAsync(disk);
        var id = await CreateAsync(store);
        var ballast = disk.Fill();
        await Assert.ThrowsAsync<StoreFullException>(() => PutAsync(store, id, "large", new byte[1_000_000]));
        Assert.NotNull((await store.Repository.CheckHealthAsync(None)).Problem);

        await using (var file = File.OpenWrite(ballast))
            file.SetLength(file.Length - 700_000);

        await Eventually.Async(async () => (await store.Repository.CheckHealthAsync(None)).Problem is null);
        Assert.Equal(OutcomeKind.Done, (await PutAsync(store, id, "small", new byte[100])).Kind);
    }

    [RootFactWith("mount")]
    public async Task WriteAsync_OneOfBatchTooLarge_OthersSucceed()
    {
        await using var disk = await SmallDisk.MountAsync(megabytes: 24);
        await using var store = await StartAsync(disk);
        var id = await CreateAsync(store);
        await PutAsync(store, id, "there", [1]);
        disk.Fill();
        await FillLogAsync(store, id);
        using var gate = new ManualResetEventSlim();
        var held = store.Services.GetRequiredService<SqliteStore>().WriteAsync(_ => gate.Wait(TimeSpan.FromMinutes(1)));

        // All of them are queued while the writer is held, and so are one transaction.
        var large = store.Services.GetRequiredService<SqliteStore>().WriteAsync(session =>
            session.Execute("INSERT OR REPLACE INTO settings (name, value) VALUES ('large', zeroblob(20000000))"));
        var removal = store.Repository.RemoveAsync(Write(id, "there"), None);
        gate.Set();

        Assert.True(await held);
        await Assert.ThrowsAsync<StoreFullException>(() => large);
        Assert.Equal(OutcomeKind.Done, (await removal).Kind);
    }

    [RootFactWith("mount")]
    public async Task StartAsync_DiskFull_ReadsAndDeletes()
    {
        await using var disk = await SmallDisk.MountAsync(megabytes: 24);
        DeploymentId id;
        await using (var store = await StartAsync(disk))
        {
            id = await CreateAsync(store);
            await PutAsync(store, id, "k", [1]);
        }

        disk.Fill();
        await using (var store = await StartAsync(disk))
        {
            Assert.Equal([1], (await ReadAsync(store, id, "k"))!.Bytes.ToArray());
            Assert.Equal(OutcomeKind.Done, await store.Repository.DeleteAsync(id, new EpochProof("e1"), None));
        }
    }

    [RootFactWith("mount")]
    public async Task PutAsync_DiskFullOverHttp_Is507AndReadyStays200()
    {
        await using var disk = await SmallDisk.MountAsync(megabytes: 24);
        await using var server = await RunningServer.StartAsync(
            new Dictionary<string, string?> { ["GOT_DATA"] = Path.Combine(disk.Path, "data") });
        var deployment = await server.CreateAsync();
        await deployment.PutAsync("k", "v");
        var wait = deployment.GetAsync("later?wait=1m");
        var ballast = disk.Fill();

        var put = await deployment.PutAsync("large", new byte[2_000_000]);

        Assert.Equal((507, "application/problem+json"), (put.Status, put.Type));
        Assert.Contains("full", put.Detail, StringComparison.Ordinal);
        Assert.Equal("v", (await deployment.GetAsync("k?raw")).Text);
        var ready = await Reply.OfAsync(await server.Client.GetAsync("/health/ready"));
        Assert.Equal((200, "degraded"), (ready.Status, ready.Json.GetProperty("status").GetString()));

        File.Delete(ballast);
        Assert.Equal(200, (await deployment.PutAsync("later", "there")).Status);
        Assert.Equal(200, (await wait).Status);
    }

    private static Task<OpenStore> StartAsync(SmallDisk disk) =>
        OpenStore.StartAsync(new StoreOptions { Data = Path.Combine(disk.Path, "data") });

    private static async Task<DeploymentId> CreateAsync(OpenStore store) =>
        (await store.Repository.CreateAsync(
            new NewDeployment(DeploymentId.New(), Owner.Anonymous, null, null, "e1", null), None)).Id;

    private static ValueWrite Write(DeploymentId id, string key) =>
        new(id, ValueKey.Parse(key), new EpochProof("e1"), WriteCondition.None, null);

    private static Task<Outcome> PutAsync(OpenStore store, DeploymentId id, string key, byte[] value) =>
        store.Repository.PutAsync(Write(id, key), value, None);

    private static async Task<StoredValue?> ReadAsync(OpenStore store, DeploymentId id, string key) =>
        (await store.Repository.ReadAsync(id, ValueKey.Parse(key), None)).Value;

    /// <summary>Writes until the log, whose room is used again and again, has none left either.</summary>
    private static async Task FillLogAsync(OpenStore store, DeploymentId id)
    {
        for (var i = 0; i < 1000; i++)
        {
            try
            {
                await PutAsync(store, id, $"fill/{i}", new byte[50_000]);
            }
            catch (StoreFullException)
            {
                return;
            }
        }

        Assert.Fail("The disk never got full.");
    }
}
