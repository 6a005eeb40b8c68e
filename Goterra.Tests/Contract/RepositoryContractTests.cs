using System.Text;
using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Goterra.Core.Model;
using Goterra.Core.Tokens;
using Microsoft.Extensions.DependencyInjection;

namespace Goterra.Tests.Contract;

/// <summary>What every store must do, against the real ones.</summary>
[Trait("Category", "Contract")]
public sealed partial class RepositoryContractTests(StoresFixture stores) : IClassFixture<StoresFixture>
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Theory, ClassData(typeof(EveryStoreData))]
    public async Task CreateAsync_WithLifetime_IsListed(StoreKind kind)
    {
        var repository = (await stores.GetAsync(kind)).Repository;
        var created = await repository.CreateAsync(
            new NewDeployment(
                DeploymentId.New(), new Owner("config", "alice"), NamespaceName.Parse("team"), "my näme",
                "e1", TimeSpan.FromHours(2)), None);

        var listing = await repository.ListAsync(created.Id, KeyPrefix.All, None);

        Assert.Equal(created, listing!.Deployment);
        Assert.Equal(created.Created + TimeSpan.FromHours(2), created.Expires);
        Assert.Equal("e1", listing.Head.Epoch);
        Assert.InRange(listing.Head.TimeLeft!.Value, TimeSpan.FromMinutes(119), TimeSpan.FromHours(2));
        Assert.Empty(listing.Keys);
    }

    [Theory, ClassData(typeof(EveryStoreData))]
    public async Task ReadAsync_ManyValuesOfAllSizesAtOnce_ReturnsEach(StoreKind kind)
    {
        var (repository, id) = await CreateAsync(kind);
        int[] sizes = [0, 1, 64, 10_000, 60_000, 65_000, 65_536, 66_000, 1_000_000, 5_000_000];
        foreach (var size in sizes)
            await PutAsync(repository, id, $"k{size}", Enumerable.Repeat((byte)'v', size).ToArray());

        // Including more small ones than fit in one reply.
        var reads = Enumerable.Range(0, 6).SelectMany(_ => sizes).Append(7).Select(
            async size => (Size: size, (await repository.ReadAsync(id, Key($"k{size}"), None)).Value)).ToList();

        foreach (var (size, value) in await Task.WhenAll(reads))
            Assert.Equal(size == 7 ? null : size, value?.Bytes.Length);
    }

    [Theory, ClassData(typeof(EveryStoreData))]
    public async Task AnyMethod_CredentialExpired_IsJudgedByTheStore(StoreKind kind)
    {
        var store = await stores.GetAsync(kind);
        var (repository, id) = await CreateAsync(kind);
        await PutAsync(repository, id, "k", "v"u8.ToArray());
        var now = (await repository.FindAsync(id, None))!.Now;
        foreach (var (left, expected) in new[]
        {
            (TimeSpan.FromMilliseconds(-1), OutcomeKind.CredentialExpired),
            (TimeSpan.FromHours(1), OutcomeKind.Done),
        })
        {
            var proof = new EpochProof("e1") { Expires = now + left };
            var caller = new Caller(id, "alice", proof, Scope.Full, now + left);
            var write = new ValueWrite(id, Key("k"), proof, WriteCondition.None, null);
            var minted = await store.Services.GetRequiredService<IAccessRepository>().MintAsync(
                new MintRequest(
                    id, proof, TimeSpan.FromHours(9), TimeSpan.Zero, TimeSpan.FromHours(5), null,
                    new SecurityNote("alice", "")), None);

            Assert.Equal(
                expected,
                DeploymentHead.Deny((await repository.ReadAsync(id, Key("k"), None)).Head, caller)?.Kind
                    ?? OutcomeKind.Done);
            Assert.Equal(
                expected,
                DeploymentHead.Deny((await repository.ReadEventsAsync(id, null, None)).Head, caller)?.Kind
                    ?? OutcomeKind.Done);
            Assert.Equal(expected, (await repository.PutAsync(write, "w"u8.ToArray(), None)).Kind);
            Assert.Equal(expected, minted.Status);
            if (expected != OutcomeKind.Done)
                continue;

            // What derives from a credential ends with it, by the store's clock.
            Assert.InRange(minted.Now + minted.Lifetime, now, now + left);
            Assert.Equal(OutcomeKind.Done, (await repository.RemoveAsync(write, None)).Kind);
        }
    }

    [Theory, ClassData(typeof(EveryStoreData))]
    public async Task FindAsync_NeverCreated_IsNull(StoreKind kind)
    {
        var repository = (await stores.GetAsync(kind)).Repository;

        Assert.Null(await repository.FindAsync(DeploymentId.New(), None));
        Assert.Null((await repository.ReadAsync(DeploymentId.New(), Key("k"), None)).Head);
        Assert.Null(await repository.ListAsync(DeploymentId.New(), KeyPrefix.All, None));
    }

    [Theory, ClassData(typeof(EveryStoreData))]
    public async Task PutAsync_AnyBytes_AreReadBackUnchanged(StoreKind kind)
    {
        var (repository, id) = await CreateAsync(kind);
        byte[][] values =
            [[], [0], [0xFF, 0xFE, (byte)'\n', 0], Encoding.UTF8.GetBytes("grüße\r\n"), new byte[10_000_000]];
        System.Security.Cryptography.RandomNumberGenerator.Fill(values[^1]);

        foreach (var value in values)
        {
            var written = await PutAsync(repository, id, "dir/k e y", value);
            var read = await repository.ReadAsync(id, Key("dir/k e y"), None);

            Assert.Equal(OutcomeKind.Done, written.Kind);
            Assert.True(read.Value!.Bytes.Span.SequenceEqual(value));
            Assert.Equal(written.Tag, read.Value.Tag);
        }
    }

    [Theory, ClassData(typeof(EveryStoreData))]
    public async Task ListAsync_Prefix_ReturnsMatchingKeysInByteOrder(StoreKind kind)
    {
        var (repository, id) = await CreateAsync(kind);
        foreach (var key in new[] { "nodes/ä", "nodes/b", "nodes", "node", "nodes/a", "nodez", "z", "nodes/ａ" })
            await PutAsync(repository, id, key, key);

        var listing = await repository.ListAsync(id, Prefix("nodes/"), None);

        Assert.Equal(["nodes/a", "nodes/b", "nodes/ä", "nodes/ａ"], listing!.Keys.Select(key => key.Key));
        Assert.Equal([7, 7, 8, 9], listing.Keys.Select(key => key.Size));
        Assert.Equal(8, (await repository.ListAsync(id, KeyPrefix.All, None))!.Keys.Count);
    }

    [Theory, ClassData(typeof(EveryStoreData))]
    public async Task ListAsync_PrefixEndsWithLastCodePoint_ReturnsMatchingKeys(StoreKind kind)
    {
        var (repository, id) = await CreateAsync(kind);
        foreach (var key in new[] { "a", "a\U0010FFFE", "a\U0010FFFF", "a\U0010FFFF/b", "a\U0010FFFF\U0010FFFF", "b" })
            await PutAsync(repository, id, key, key);

        var listing = await repository.ListAsync(id, Prefix("a\U0010FFFF"), None);

        Assert.Equal(["a\U0010FFFF", "a\U0010FFFF/b", "a\U0010FFFF\U0010FFFF"], listing!.Keys.Select(key => key.Key));
        Assert.Equal(3, (await repository.CountAsync(id, Prefix("a\U0010FFFF"), None)).Count);
        Assert.Equal(5, (await repository.CountAsync(id, Prefix("a"), None)).Count);
        Assert.Equal(6, (await repository.CountAsync(id, KeyPrefix.All, None)).Count);
    }

    [Theory, ClassData(typeof(EveryStoreData))]
    public async Task LoadAsync_KeyRemovedSinceTheListing_IsLeftOut(StoreKind kind)
    {
        var (repository, id) = await CreateAsync(kind);
        await PutAsync(repository, id, "a", "1");
        await PutAsync(repository, id, "b", "2");
        var listing = await repository.ListAsync(id, KeyPrefix.All, None);
        await repository.RemoveAsync(Write(id, "a"), None);

        var values = await repository.LoadAsync(id, listing!.Keys, None);

        var (key, value) = Assert.Single(values!);
        Assert.Equal(("b", "2"), (key, Encoding.UTF8.GetString(value.Bytes.Span)));
    }

    [Theory, ClassData(typeof(EveryStoreData))]
    public async Task LoadAsync_DeploymentDeletedSinceTheListing_IsNull(StoreKind kind)
    {
        var (repository, id) = await CreateAsync(kind);
        await PutAsync(repository, id, "a", "1");
        var listing = await repository.ListAsync(id, KeyPrefix.All, None);
        await repository.DeleteAsync(id, new EpochProof("e1"), None);

        Assert.Null(await repository.LoadAsync(id, listing!.Keys, None));
    }

    [Theory, ClassData(typeof(EveryStoreData))]
    public async Task DeleteAsync_Deployment_IsGoneForLaterWrites(StoreKind kind)
    {
        var (repository, id) = await CreateAsync(kind);
        await PutAsync(repository, id, "a", "1");

        Assert.Equal(OutcomeKind.Done, await repository.DeleteAsync(id, new EpochProof("e1"), None));

        Assert.Equal(OutcomeKind.Gone, (await PutAsync(repository, id, "b", "2")).Kind);
        Assert.Equal(OutcomeKind.Gone, (await repository.RemoveAsync(Write(id, "a"), None)).Kind);
        Assert.Equal(OutcomeKind.Gone, await repository.DeleteAsync(id, new EpochProof("e1"), None));
        Assert.Null((await repository.ReadAsync(id, Key("a"), None)).Head);
    }

    [Theory, ClassData(typeof(EveryStoreData))]
    public async Task CreateAsync_LifetimeElapsed_IsGone(StoreKind kind)
    {
        var repository = (await stores.GetAsync(kind)).Repository;
        var created = await repository.CreateAsync(
            new NewDeployment(
                DeploymentId.New(), Owner.Anonymous, null, null, "e1", TimeSpan.FromMilliseconds(1)), None);

        // By the store's clock: asked often enough, it says that the millisecond is over.
        await Eventually.Async(async () => await repository.FindAsync(created.Id, None) is null);

        Assert.Equal(OutcomeKind.Gone, (await PutAsync(repository, created.Id, "a", "1")).Kind);
    }

    private async Task<List<IDeploymentRepository>> ConnectAgainAsync(StoreKind kind)
    {
        var connections = new List<IDeploymentRepository>();
        for (var i = 0; i < 8; i++)
            connections.Add((await stores.ConnectAsync(kind)).Repository);
        return connections;
    }

    private async Task<(IDeploymentRepository Repository, DeploymentId Id)> CreateAsync(StoreKind kind)
    {
        var repository = (await stores.GetAsync(kind)).Repository;
        var created = await repository.CreateAsync(
            new NewDeployment(DeploymentId.New(), Owner.Anonymous, null, null, "e1", null), None);
        return (repository, created.Id);
    }

    private static ValueKey Key(string text) => ValueKey.Parse(text);

    private static KeyPrefix Prefix(string text) =>
        KeyPrefix.TryParse(text, out var prefix, out var error) ? prefix : throw new FormatException(error);

    private static ValueWrite Write(DeploymentId id, string key) =>
        new(id, Key(key), new EpochProof("e1"), WriteCondition.None, null);

    private static Task<Outcome> PutAsync(
        IDeploymentRepository repository, DeploymentId id, string key, string value,
        WriteCondition? condition = null) =>
        repository.PutAsync(
            Write(id, key) with { Condition = condition ?? WriteCondition.None }, Encoding.UTF8.GetBytes(value), None);

    private static Task<Outcome> PutAsync(
        IDeploymentRepository repository, DeploymentId id, string key, byte[] value) =>
        repository.PutAsync(Write(id, key), value, None);
}
