using System.Security.Cryptography;
using System.Text;

namespace Goterra.Tests.Api;

/// <summary>POST /store with an Idempotency-Key.</summary>
[Trait("Category", "Api")]
public sealed class IdempotentCreationTests
{
    private const string Key = "0123456789abcdef0123456789abcdef";

    [Theory, ClassData(typeof(EachStoreData))]
    public async Task Create_TwentyAtOnceOnTwoInstances_AreOneDeploymentWithATokenEach(StoreKind kind)
    {
        await using var store = await StartAsync(kind);

        var replies = await Task.WhenAll(Enumerable.Range(0, 20).Select(
            i => CreateAsync(i % 2 == 0 ? store.One : store.Two, "alice", "key-1")));

        Assert.All(replies, reply => Assert.True(reply.Status == 200, reply.Text));
        var id = Assert.Single(replies.Select(Id).Distinct());
        Assert.Equal(20, replies.Select(Token).Distinct().Count());
        foreach (var reply in replies)
            Assert.Equal(200, (await store.Two.Open(id, Token(reply)).PutAsync("k", "v")).Status);
        var listed = (await store.One.AsAsync(KeyOf("alice"), HttpMethod.Get, "/store/-/deployments")).Json;
        Assert.Equal(1, listed.GetProperty("deployments").GetArrayLength());
        Assert.NotEqual(id, Id(await CreateAsync(store.One, "alice", "key-2")));
        Assert.NotEqual(Id(await CreateAsync(store.One, "alice")), Id(await CreateAsync(store.One, "alice")));
    }

    [Theory, ClassData(typeof(EachStoreData))]
    public async Task Create_KeyOfAnotherCreation_Is422(StoreKind kind)
    {
        await using var store = await StartAsync(kind);
        var first = await CreateAsync(store.One, "alice", Key, body: """{"name":"a","ttl":"1h"}""");
        Assert.Equal(200, first.Status);

        Reply[] others =
        [
            await CreateAsync(store.Two, "alice", Key, "team", """{"name":"a","ttl":"1h"}"""),
            await CreateAsync(store.Two, "alice", Key, body: """{"name":"b","ttl":"1h"}"""),
            await CreateAsync(store.Two, "alice", Key, body: """{"name":"a","ttl":"2h"}"""),
            await CreateAsync(store.Two, "alice", Key),
        ];

        Assert.All(others, reply => Assert.Equal(422, reply.Status));
        Assert.All(others, reply => Assert.DoesNotContain(Id(first), reply.Text, StringComparison.Ordinal));
        Assert.Equal(
            Id(first), Id(await CreateAsync(store.Two, "alice", Key, body: """{"ttl":"1h", "name":"a"}""")));
    }

    [Theory, ClassData(typeof(EachStoreData))]
    public async Task Create_AfterRevocationOrTheEnd_Is410(StoreKind kind)
    {
        await using var store = await StartAsync(kind);
        var (revoked, deleted) = (await CreateAsync(store.One, null, Key), await CreateAsync(store.One, "alice", "k"));
        var owner = store.One.Open(Id(revoked), Token(revoked));
        var renewed = store.One.Open(owner.Id, Token(await owner.PostAsync("revoke")));
        await store.One.Open(Id(deleted), Token(deleted)).DeleteAsync();

        Assert.Equal(410, (await CreateAsync(store.Two, null, Key)).Status);
        Assert.Equal(410, (await CreateAsync(store.Two, "alice", "k")).Status);
        Assert.Equal(200, (await renewed.GetAsync("")).Status);
        Assert.Equal(410, (await store.One.Open(Id(deleted), Token(deleted)).GetAsync("")).Status);
    }

    [Fact]
    public async Task Create_AnonymousWithAShortKey_Is400ThatSaysWhy()
    {
        await using var store = await StartAsync(StoreKind.Embedded);

        var reply = await CreateAsync(store.One, null, Key[1..]);

        Assert.Equal(400, reply.Status);
        Assert.Contains("at least 32 characters", reply.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain(Key[1..], reply.Text, StringComparison.Ordinal);
        Assert.Equal(400, (await CreateAsync(store.One, "alice", new string('k', 256))).Status);
        Assert.Equal(200, (await CreateAsync(store.One, "alice", "k")).Status);
    }

    [Theory, ClassData(typeof(EachStoreData))]
    public async Task Create_InANamespace_NeedsTheRoleEachTime(StoreKind kind)
    {
        await using var store = await StartAsync(kind);

        var first = await CreateAsync(store.One, "alice", "k", "team");
        var again = await CreateAsync(store.Two, "alice", "k", "team");

        Assert.Equal((200, 200, Id(first)), (first.Status, again.Status, Id(again)));
        Assert.Equal(403, (await CreateAsync(store.One, "bob", "k", "team")).Status);
    }

    private static Task<Servers> StartAsync(StoreKind kind) => Servers.StartAsync(
        kind,
        yaml: "features:\n  anonymous: true\nusers:\n"
            + $"  - uid: alice\n    key_sha256: {HashOf("alice")}\n    namespaces: {{ team: member }}\n"
            + $"  - uid: bob\n    key_sha256: {HashOf("bob")}\n");

    private static string KeyOf(string user) => $"the-api-key-of-{user}";

    private static string HashOf(string user) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(KeyOf(user))));

    private static string Id(Reply reply) => reply.Json.GetProperty("id").GetString()!;

    private static string Token(Reply reply) => reply.Json.GetProperty("token").GetString()!;

    private static async Task<Reply> CreateAsync(
        RunningServer server, string? user, string? key = null, string? ns = null, string? body = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/store");
        if (body is not null)
            request.Content = new StringContent(body);
        if (user is not null)
            request.Headers.Add("X-API-Key", KeyOf(user));
        if (key is not null)
            request.Headers.Add("Idempotency-Key", key);
        if (ns is not null)
            request.Headers.Add("X-API-NS", ns);
        return await Reply.OfAsync(await server.Client.SendAsync(request));
    }
}
