using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Goterra.Tests.Api.Access;

/// <summary>An admin sees all deployments, and which of them are stuck.</summary>
[Trait("Category", "Api")]
public sealed class AdminListTests
{
    private static readonly string Users = $"""
        users:
        - uid: root
          key_sha256: {KeyHash("root-key")}
          admin: true
        - uid: alice
          key_sha256: {KeyHash("alice-key")}
          namespaces: {"{ team: member }"}
        """;

    public static TheoryData<bool> Stores => RedisServer.IsInstalled || Programs.AllRequired ? [false, true] : [false];

    [Theory, MemberData(nameof(Stores))]
    public async Task Deployments_All_ListsThoseOfEveryoneWithOwnerStateAndWaits(bool onRedis)
    {
        await using var redis = onRedis ? await RedisServer.StartAsync() : null;
        await using var server = await RunningServer.StartAsync(
            redis is null ? null : RunningServer.On(redis), yaml: Users);
        var ofAlice = Open(server, await server.CreateAsAsync("alice-key", "team"));
        var anonymous = await server.CreateAsync();
        var deleted = await server.CreateAsync();
        await deleted.DeleteAsync();
        await anonymous.PostAsync("fail", """{"reason":"no disk"}""");
        var waiting = ofAlice.GetAsync("k?wait=1m");
        await server.WaitersAsync(1);

        var pages = new List<JsonElement>();
        var after = "";
        do
        {
            var page =
                await server.AsAsync("root-key", HttpMethod.Get, $"/store/-/deployments?all=true&limit=1{after}");
            Assert.Equal(200, page.Status);
            pages.AddRange(page.Json.GetProperty("deployments").EnumerateArray());
            after = page.Json.GetProperty("next").GetString() is { } next ? $"&after={Uri.EscapeDataString(next)}" : "";
        }
        while (after.Length > 0);

        var listed = pages.ToDictionary(one => one.GetProperty("id").GetString()!);
        Assert.Equal(2, listed.Count);
        var (his, other) = (listed[ofAlice.Id], listed[anonymous.Id]);
        Assert.Equal(
            ("alice", "team", "active", 1),
            (Text(his, "owner"), Text(his, "namespace"), Text(his, "state"), his.GetProperty("waiting").GetInt32()));
        Assert.NotNull(Text(his, "waiting_since"));
        Assert.Equal(
            ("anonymous", "failed", "no disk", 0, null),
            (
                Text(other, "owner"), Text(other, "state"), Text(other, "reason"),
                other.GetProperty("waiting").GetInt32(), Text(other, "waiting_since")));
        await ofAlice.PutAsync("k", "v");
        await waiting;
    }

    [Fact]
    public async Task Deployments_AllByAnotherUser_Is403()
    {
        await using var server = await RunningServer.StartAsync(yaml: Users);

        Assert.Equal(
            403, (await server.AsAsync("alice-key", HttpMethod.Get, "/store/-/deployments?all=true")).Status);
        Assert.Equal(
            200, (await server.AsAsync("alice-key", HttpMethod.Get, "/store/-/deployments?all=false")).Status);
    }

    private static TestDeployment Open(RunningServer server, Reply created) => server.Open(
        created.Json.GetProperty("id").GetString()!, created.Json.GetProperty("token").GetString()!);

    private static string? Text(JsonElement line, string name) => line.GetProperty(name).GetString();

    private static string KeyHash(string key) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)));
}
