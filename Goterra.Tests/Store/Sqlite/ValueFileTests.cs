using System.Security.Cryptography;
using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Goterra.Core.Model;
using Goterra.Infrastructure.Sqlite;
using Goterra.Tests.Hosting;

namespace Goterra.Tests.Store.Sqlite;

/// <summary>Large values are files of their own; none is lost, and none is left behind.</summary>
public sealed class ValueFileTests : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(ValueFiles.Threshold - 37, 0)]
    [InlineData(ValueFiles.Threshold - 36, 1)]
    public async Task PutAsync_AroundTheThreshold_IsReadBackFromWhereItIs(int size, int files)
    {
        await using var store = await OpenStore.StartAsync(OpenStore.In(_folder));
        var id = await CreateAsync(store);
        var value = RandomNumberGenerator.GetBytes(size);

        await PutAsync(store, id, "k", value);

        Assert.Equal(files, Files().Length);
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
        var lease = Write(id, "lease") with { Condition = WriteCondition.Absent, Lease = TimeSpan.FromHours(1), IdempotencyKey = "once" };
        var taken = await store.Repository.PutAsync(lease, large, None);
        Assert.Equal(taken, await store.Repository.PutAsync(lease, large, None));
        await store.Repository.PutAsync(lease with { Condition = WriteCondition.Matches([taken.Tag.ToString()!]), IdempotencyKey = null }, large, None);
        Assert.Single(Files());

        await PutAsync(store, id, "deleted", large);
        await store.Repository.DeleteAsync(id, new EpochProof("e1"), None);
        Assert.Empty(Files());
    }

    [Fact]
    public async Task ReadAsync_ReplacedAgainAndAgain_AlwaysReadsAWholeValue()
    {
        await using var store = await OpenStore.StartAsync(OpenStore.In(_folder));
        var id = await CreateAsync(store);
        await PutAsync(store, id, "k", Filled(0));
        using var stop = new CancellationTokenSource();
        var readers = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            var reads = 0;
            for (; !stop.IsCancellationRequested; reads++)
            {
                var bytes = (await ReadAsync(store, id, "k"))!.Bytes;
                Assert.Equal(200_000, bytes.Length);
                Assert.False(bytes.Span.ContainsAnyExcept(bytes.Span[0]));
            }

            return reads;
        })).ToList();

        for (var i = 1; i <= 200; i++)
            await PutAsync(store, id, "k", Filled((byte)i));
        await stop.CancelAsync();

        Assert.All(await Task.WhenAll(readers), reads => Assert.NotEqual(0, reads));
        Assert.Single(Files());
    }

    [Fact]
    public async Task Start_FilesThatNoRowNames_AreRemoved()
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
            Assert.Single(Files());
            Assert.Equal(200_000, (await ReadAsync(store, id, "k"))!.Bytes.Length);
        }
    }

    [Fact]
    public async Task ReadAsync_FileMissing_IsDamageAndNotAbsence()
    {
        await using var store = await OpenStore.StartAsync(OpenStore.In(_folder));
        var id = await CreateAsync(store);
        await PutAsync(store, id, "k", Filled(1));
        await PutAsync(store, id, "other", [1]);
        File.Delete(Assert.Single(Files()));

        await Assert.ThrowsAsync<StoreDamagedException>(() => ReadAsync(store, id, "k"));

        Assert.NotNull(await ReadAsync(store, id, "other"));
        await PutAsync(store, id, "k", Filled(2));
        Assert.Equal(2, (await ReadAsync(store, id, "k"))!.Bytes.Span[0]);
    }

    private static byte[] Filled(byte with)
    {
        var value = new byte[200_000];
        Array.Fill(value, with);
        return value;
    }

    private string[] Files() => Directory.GetFiles(_folder.File("data/values"));

    private static async Task<DeploymentId> CreateAsync(OpenStore store) =>
        (await store.Repository.CreateAsync(new NewDeployment(DeploymentId.New(), Owner.Anonymous, null, null, "e1", null), None)).Id;

    private static ValueWrite Write(DeploymentId id, string key) => new(id, ValueKey.Parse(key), new EpochProof("e1"), WriteCondition.None, null);

    private static Task<Outcome> PutAsync(OpenStore store, DeploymentId id, string key, byte[] value) => store.Repository.PutAsync(Write(id, key), value, None);

    private static async Task<StoredValue?> ReadAsync(OpenStore store, DeploymentId id, string key) => (await store.Repository.ReadAsync(id, ValueKey.Parse(key), None)).Value;
}
