using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Goterra.Core.Model;
using Goterra.Infrastructure.Sqlite;

namespace Goterra.Tests.Contract.Sqlite;

public sealed partial class FullDiskTests
{
    private const int Keys = 60;

    [RootFactWith("mount")]
    public async Task RemoveAsync_PagesOnlyInLog_FreesRoomUntilWritesResume()
    {
        await using var disk = await SmallDisk.MountAsync(megabytes: 24);
        await using var store = await StartAsync(disk);
        var ids = await CreateFullAsync(store);
        disk.Fill();

        foreach (var id in ids)
            await RemoveAllAsync(store, id);

        var next = await CreateAsync(store);
        Assert.Equal(OutcomeKind.Done, (await PutAsync(store, next, "k", new byte[100_000])).Kind);
        Assert.Equal(100_000, (await ReadAsync(store, next, "k"))!.Bytes.Length);
    }

    [RootFactWith("mount")]
    public async Task RemoveAsync_LittleLogAndNoRoom_FreesRoomUntilWritesResume()
    {
        await using var disk = await SmallDisk.MountAsync(megabytes: 24);
        List<DeploymentId> ids;
        await using (var store = await StartAsync(disk))
            ids = await CreateFullAsync(store);
        disk.Fill();

        await using (var store = await StartAsync(disk))
        {
            foreach (var id in ids.Take(6))
                await RemoveAllAsync(store, id);
            Assert.Equal(OutcomeKind.Done, await store.Repository.DeleteAsync(ids[6], new EpochProof("e1"), None));
            await Eventually.Async(async () => (await store.Repository.CheckHealthAsync(None)).Problem is null);
            Assert.Equal(OutcomeKind.Done, (await PutAsync(store, ids[7], "more", new byte[10_000])).Kind);
        }
    }

    [RootFactWith("mount")]
    public async Task StartAsync_ReserveSpentAndDiskFull_ReadsAndRemoves()
    {
        await using var disk = await SmallDisk.MountAsync(megabytes: 24);
        List<DeploymentId> ids;
        await using (var store = await StartAsync(disk))
        {
            ids = await CreateFullAsync(store);
            disk.Fill();
            await RemoveAllAsync(store, ids[0]);
        }

        for (var start = 0; start < 3; start++)
        {
            disk.Fill($"ballast {start}");
            await using var store = await StartAsync(disk);
            Assert.Equal(3_000, (await ReadAsync(store, ids[7], "k0"))!.Bytes.Length);
            await RemoveAllAsync(store, ids[start + 1]);
            disk.Fill($"ballast {start} more");
        }
    }

    [RootFactWith("mount")]
    public async Task PutAsync_RepeatedOnFullDisk_ReturnsFirstAnswer()
    {
        await using var disk = await SmallDisk.MountAsync(megabytes: 24);
        await using var store = await StartAsync(disk);
        var id = await CreateAsync(store);
        var writes = new[] { 100, 100_000, 1_000_000 }.Select(size => (
            Value: new byte[size],
            Write: Write(id, $"k{size}") with { Condition = WriteCondition.Absent, IdempotencyKey = $"once {size}" }))
            .ToList();
        var first = new List<Outcome>();
        foreach (var (value, write) in writes)
            first.Add(await store.Repository.PutAsync(write, value, None));
        disk.Fill();
        await FillLogAsync(store, id);

        for (var i = 0; i < writes.Count; i++)
            Assert.Equal(first[i], await store.Repository.PutAsync(writes[i].Write, writes[i].Value, None));
        var other = writes[2].Write with { IdempotencyKey = "another", Condition = WriteCondition.None };
        await Assert.ThrowsAsync<StoreFullException>(() => store.Repository.PutAsync(other, writes[2].Value, None));
    }

    [RootFactWith("mount")]
    public async Task StartAsync_FirstStartOnFullDisk_SaysWhatToDo()
    {
        await using var disk = await SmallDisk.MountAsync(megabytes: 2);
        disk.Fill();

        var e = await Assert.ThrowsAsync<StoreFolderException>(() => StartAsync(disk));

        Assert.Contains("Free some space", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("reads still work", e.Message, StringComparison.Ordinal);
    }

    private static async Task<List<DeploymentId>> CreateFullAsync(OpenStore store)
    {
        var ids = new List<DeploymentId>();
        for (var i = 0; i < 8; i++)
        {
            ids.Add(await CreateAsync(store));
            for (var key = 0; key < Keys; key++)
                await PutAsync(store, ids[i], $"k{key}", new byte[3_000]);
        }

        return ids;
    }

    private static async Task RemoveAllAsync(OpenStore store, DeploymentId id)
    {
        for (var key = 0; key < Keys; key++)
            Assert.Equal(OutcomeKind.Done, (await store.Repository.RemoveAsync(Write(id, $"k{key}"), None)).Kind);
    }
}
