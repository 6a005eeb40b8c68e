using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Goterra.Tests.Api;

[Trait("Category", "Api")]
public sealed class LimitsTests : IAsyncLifetime
{
    private RunningServer _server = null!;

    public async Task InitializeAsync() => _server = await RunningServer.StartAsync(new Dictionary<string, string?>
    {
        ["GOT_LIMITS_VALUE_BYTES"] = "1000",
        ["GOT_LIMITS_KEYS"] = "3",
        ["GOT_LIMITS_DEPLOYMENT_BYTES"] = "1500",
        ["GOT_LIMITS_LISTING_BYTES"] = "1200",
        ["GOT_LIMITS_WAITS"] = "3",
        ["GOT_LIMITS_WAITS_PER_DEPLOYMENT"] = "2",
    });

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task Gather_MoreKeysThanTheLimit_Is400()
    {
        await using var server = await RunningServer.StartAsync(
            new Dictionary<string, string?> { ["GOT_LIMITS_KEYS"] = "2" });
        var deployment = await server.CreateAsync();

        var reply = await deployment.GetAsync("?filter=nodes/&count=3&wait=10m");

        Assert.Equal(400, reply.Status);
        Assert.Contains("at most 2 keys on this server (limits.keys)", reply.Detail, StringComparison.Ordinal);
        Assert.Equal(404, (await deployment.GetAsync("?filter=nodes/&count=2")).Status);
    }

    [Fact]
    public async Task Put_TooManyBytes_Is413ThatNamesTheLimit()
    {
        var deployment = await _server.CreateAsync();

        Assert.Equal(200, (await deployment.PutAsync("k", new byte[1000])).Status);
        AssertLimit(await deployment.PutAsync("k", new byte[1001]), 413, "value_bytes", 1000);
        AssertLimit(
            await Reply.OfAsync(await deployment.SendAsync(HttpMethod.Put, "k", Chunked(1001))), 413,
            "value_bytes", 1000);
        AssertLimit(await deployment.PutAsync("k", new byte[100_000]), 413, "value_bytes", 1000);
        AssertLimit(
            await Reply.OfAsync(
                await deployment.SendAsync(
                    HttpMethod.Put, "",
                    new StringContent(JsonSerializer.Serialize(new { key = "k", value = new string('x', 1001) })))),
            413, "value_bytes", 1000);
        AssertLimit(
            await Reply.OfAsync(
                await deployment.SendAsync(HttpMethod.Put, "", new ByteArrayContent(new byte[100_000]))),
            413, "value_bytes", 1000);

        Assert.Equal(1000, (await deployment.GetAsync("k?raw")).Bytes.Length);
    }

    [Theory]
    [InlineData("fail", """{"reason":"PADDING"}""")]
    [InlineData("token", """{"ttl":"PADDING"}""")]
    [InlineData("tickets", """{"name":"PADDING","full":true}""")]
    [InlineData("redeem", """{"ticket":"PADDING","machine":"m"}""")]
    public async Task Post_BodyTooLong_Is413ThatNamesItsOwnLimit(string route, string body)
    {
        var deployment = await _server.CreateAsync();

        var reply = await deployment.PostAsync(
            route, body.Replace("PADDING", new string('x', 70_000), StringComparison.Ordinal));

        Assert.Equal((413, "application/problem+json"), (reply.Status, reply.Type));
        Assert.Equal(
            ("body_bytes", 65_536),
            (reply.Json.GetProperty("limit").GetString(), reply.Json.GetProperty("limit_value").GetInt64()));
        Assert.Contains("65,536 bytes", reply.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Post_BodyTooLongForDeletedDeployment_Is410()
    {
        var deployment = await _server.CreateAsync();
        await deployment.DeleteAsync();

        Assert.Equal(410, (await deployment.PostAsync("fail", new string('x', 70_000))).Status);
    }

    [Fact]
    public async Task Put_DeploymentFull_Is413ThatNamesTheLimit()
    {
        var deployment = await _server.CreateAsync();
        await deployment.PutAsync("a", new byte[1000]);
        AssertLimit(await deployment.PutAsync("b", new byte[501]), 413, "deployment_bytes", 1500);
        await deployment.PutAsync("b", new byte[500]);
        await deployment.PutAsync("c", "");

        AssertLimit(await deployment.PutAsync("d", ""), 413, "keys", 3);
        AssertLimit(await deployment.GetAsync(""), 413, "listing_bytes", 1200);

        Assert.Equal(200, (await deployment.GetAsync("?values=false")).Status);
        Assert.Equal(200, (await deployment.GetAsync("?filter=b")).Status);
        await deployment.DeleteAsync("a");
        Assert.Equal(200, (await deployment.PutAsync("d", "")).Status);
    }

    [Fact]
    public async Task Get_TooManyWaits_Is429AndFreeAgainAfterwards()
    {
        var first = await _server.CreateAsync();
        var second = await _server.CreateAsync();
        var waits = new List<Task<Reply>> { first.GetAsync("k?wait=60"), first.GetAsync("k?wait=60") };
        await _server.WaitersAsync(2);

        AssertLimit(await first.GetAsync("other?wait=60"), 429, "waits_per_deployment", 2);
        await first.PutAsync("there", "v");
        Assert.Equal(200, (await first.GetAsync("there?wait=60")).Status);
        waits.Add(second.GetAsync("k?wait=60"));
        await _server.WaitersAsync(3);
        var refused = await second.GetAsync("k?wait=60");
        AssertLimit(refused, 429, "waits", 3);
        Assert.NotNull(refused.Message.Headers.RetryAfter);

        await first.PutAsync("k", "v");
        await second.PutAsync("k", "v");
        Assert.All(await Task.WhenAll(waits), reply => Assert.Equal(200, reply.Status));
        await _server.WaitersAsync(0);
    }

    [Fact]
    public async Task Watch_StreamsAndWaitsAboveTheLimit_Is429()
    {
        var deployment = await _server.CreateAsync();
        await using var stream = await WatchedEvents.OpenAsync(deployment);
        var wait = deployment.GetAsync("k?wait=60");
        await _server.WaitersAsync(1);

        var refused = await deployment.GetAsync("", ("Accept", "text/event-stream"));

        AssertLimit(refused, 429, "waits_per_deployment", 2);
        await deployment.PutAsync("k", "v");
        Assert.Equal(200, (await wait).Status);
    }

    [Fact]
    public async Task Create_AboveTheRate_Is429ForThisUserOnly()
    {
        await using var server = await RunningServer.StartAsync(
            new Dictionary<string, string?> { ["GOT_LIMITS_CREATES_PER_MINUTE"] = "1" }, yaml: $"""
                users:
                - uid: alice
                  key_sha256: {KeyHash("alice-key")}
                - uid: bob
                  key_sha256: {KeyHash("bob-key")}
                """);
        Assert.Equal(200, (await server.CreateAsAsync("alice-key")).Status);

        var refused = await server.CreateAsAsync("alice-key");

        AssertLimit(refused, 429, "creates_per_minute", 1);
        Assert.NotNull(refused.Message.Headers.RetryAfter);
        Assert.Equal(200, (await server.CreateAsAsync("bob-key")).Status);
        await server.CreateAsync();
        using var anonymous = await server.Client.PostAsync("/store", null);
        Assert.Equal(429, (int)anonymous.StatusCode);
    }

    private static void AssertLimit(Reply reply, int status, string limit, long value)
    {
        Assert.Equal((status, "application/problem+json"), (reply.Status, reply.Type));
        Assert.Equal(limit, reply.Json.GetProperty("limit").GetString());
        Assert.Equal(value, reply.Json.GetProperty("limit_value").GetInt64());
        Assert.Contains("limits." + limit, reply.Detail, StringComparison.Ordinal);
    }

    private static string KeyHash(string key) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)));

    private static StreamContent Chunked(int length) => new(new UnknownLength(new byte[length]));

    private sealed class UnknownLength(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
    }
}
