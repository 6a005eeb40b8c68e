using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace Goterra.Tests.Api;

/// <summary>What one user or one address can take of a server.</summary>
[Trait("Category", "Api")]
public sealed class CallerLimitsTests
{
    private static readonly string Users = $"""
        users:
        - uid: alice
          key_sha256: {KeyHash("alice-key")}
        - uid: bob
          key_sha256: {KeyHash("bob-key")}
        """;

    public static TheoryData<bool> Stores => RedisServer.IsInstalled || Programs.AllRequired ? [false, true] : [false];

    [Theory, MemberData(nameof(Stores))]
    public async Task Create_MoreDeploymentsThanAUserMayHave_Is413UntilOneIsDeleted(bool onRedis)
    {
        await using var redis = onRedis ? await RedisServer.StartAsync() : null;
        var settings = redis is null ? [] : RunningServer.On(redis);
        settings["GOT_LIMITS_DEPLOYMENTS_PER_USER"] = "2";
        await using var server = await RunningServer.StartAsync(settings, yaml: Users);
        var first = (await server.CreateAsAsync("alice-key")).Json.GetProperty("id").GetString();
        Assert.Equal(200, (await server.CreateAsAsync("alice-key")).Status);

        var refused = await server.CreateAsAsync("alice-key");

        Assert.Equal(413, refused.Status);
        Assert.Contains("(limits.deployments_per_user)", refused.Detail, StringComparison.Ordinal);
        Assert.Equal(200, (await server.CreateAsAsync("bob-key")).Status);
        Assert.Equal(200, (await server.AsAsync("alice-key", HttpMethod.Delete, $"/store/{first}")).Status);
        await Eventually.Async(async () => (await server.CreateAsAsync("alice-key")).Status == 200);
    }

    [Fact]
    public async Task Create_RepeatOfTheLastOneAllowed_ReturnsIt()
    {
        await using var server = await RunningServer.StartAsync(
            new Dictionary<string, string?> { ["GOT_LIMITS_DEPLOYMENTS_PER_USER"] = "1" }, yaml: Users);
        (string, string)[] key = [("Idempotency-Key", "the-same")];
        var first = await server.AsAsync("alice-key", HttpMethod.Post, "/store", key);

        var again = await server.AsAsync("alice-key", HttpMethod.Post, "/store", key);

        Assert.Equal((200, 200), (first.Status, again.Status));
        Assert.Equal(
            413,
            (await server.AsAsync("alice-key", HttpMethod.Post, "/store", ("Idempotency-Key", "another"))).Status);
        Assert.Equal(first.Json.GetProperty("id").GetString(), again.Json.GetProperty("id").GetString());
    }

    [Fact]
    public async Task Create_AnonymousBeyondTheLimitOfAnAddress_Is413()
    {
        await using var server = await RunningServer.StartAsync(
            new Dictionary<string, string?> { ["GOT_LIMITS_DEPLOYMENTS_PER_USER"] = "2" });
        await server.CreateAsync();
        await server.CreateAsync();

        var refused = await Reply.OfAsync(await server.Client.PostAsync("/store", null));

        Assert.Equal((413, "deployments_per_user"), (refused.Status, refused.Json.GetProperty("limit").GetString()));
    }

    [Fact]
    public async Task Wait_BeyondTheShareOfAnAddress_Is429ForThatAddressOnly()
    {
        await using var server = await RunningServer.StartAsync(
            new Dictionary<string, string?> { ["GOT_LIMITS_WAITS_PER_ADDRESS"] = "1" },
            yaml: "web: { trusted_proxies: [127.0.0.1] }");
        var deployment = await server.CreateAsync();
        var first = deployment.GetAsync("k?wait=1m", ("X-Forwarded-For", "192.0.2.1"));
        await server.WaitersAsync(1);

        var refused = await deployment.GetAsync("k?wait=1m", ("X-Forwarded-For", "192.0.2.1"));
        var stream = await deployment.GetAsync(
            "", ("X-Forwarded-For", "192.0.2.1"), ("Accept", "text/event-stream"));
        var other = deployment.GetAsync("k?wait=1m", ("X-Forwarded-For", "192.0.2.2"));
        await server.WaitersAsync(2);
        await deployment.PutAsync("k", "v");

        Assert.Equal((429, 429), (refused.Status, stream.Status));
        Assert.Contains("(limits.waits_per_address)", refused.Detail, StringComparison.Ordinal);
        Assert.Equal((200, 200), ((await first).Status, (await other).Status));

        // The share is free again.
        var last = deployment.GetAsync("other?wait=1m", ("X-Forwarded-For", "192.0.2.1"));
        await server.WaitersAsync(1);
        await deployment.PutAsync("other", "v");
        Assert.Equal(200, (await last).Status);
    }

    [Fact]
    public async Task Request_HeadersTooLong_Is431()
    {
        await using var server = await RunningServer.StartAsync(
            new Dictionary<string, string?> { ["GOT_LIMITS_HEADER_BYTES"] = "1024" });
        using var request = new HttpRequestMessage(HttpMethod.Get, "/store");
        request.Headers.Add("X-Long", new string('x', 2000));

        using var response = await server.Client.SendAsync(request);

        Assert.Equal(HttpStatusCode.RequestHeaderFieldsTooLarge, response.StatusCode);
    }

    [Fact]
    public async Task Connect_MoreConnectionsThanAllowed_IsClosed()
    {
        await using var server = await RunningServer.StartAsync(
            new Dictionary<string, string?> { ["GOT_LIMITS_CONNECTIONS"] = "1" });
        var deployment = await server.CreateAsync();
        using var other = new HttpClient { BaseAddress = server.Address };

        await Assert.ThrowsAsync<HttpRequestException>(() => other.GetAsync("/store"));
    }

    private static string KeyHash(string key) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)));
}
