namespace Goterra.Tests.Api;

/// <summary>Dead man's switches, through HTTP.</summary>
[Trait("Category", "Api")]
public sealed class SwitchTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private const string Armed = "worker-1?ttl=1s&on_lapse=fail";
    private static readonly (string, string) Reason = ("Goterra-Lapse-Reason", "gr%C3%BC%C3%9Fe%0Afrom worker-1");

    private RunningServer Server => fixture.Server;

    [Fact]
    public async Task Put_ArmedAndNotRenewed_EndsWaitsWithTheReason()
    {
        var deployment = await Server.CreateAsync();
        var wait = deployment.GetAsync("absent?wait=10m");
        await Server.WaitersAsync(1);

        var armed = await deployment.PutAsync(Armed, "me", Reason);

        Assert.Equal((200, "fail"), (armed.Status, armed.Json.GetProperty("on_lapse").GetString()));
        var failed = await wait;
        Assert.Equal(
            (424, "grüße\nfrom worker-1", "worker-1"),
            (failed.Status, failed.Json.GetProperty("reason").GetString(),
                failed.Json.GetProperty("source").GetString()));
        var failure = Assert.Single((await deployment.GetAsync("")).Json.GetProperty("failures").EnumerateArray());
        Assert.True(failure.GetProperty("lapsed").GetBoolean());
    }

    [FactWith("redis-server")]
    public async Task Put_ArmedOnOneInstance_EndsWaitsOnTheOther()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var one = await RunningServer.StartAsync(RunningServer.On(redis));
        await using var two = await RunningServer.StartAsync(RunningServer.On(redis));
        var here = await one.CreateAsync();
        var there = two.Open(here.Id, here.Token);
        var wait = there.GetAsync("absent?wait=10m");
        await two.WaitersAsync(1);

        await here.PutAsync(Armed, "me", Reason, ("Goterra-Lapse-Source", "db@h%C3%B6st"));

        Assert.Equal((424, "db@höst"), ((await wait) is var failed
            ? (failed.Status, failed.Json.GetProperty("source").GetString())
            : default));
        await using var watched = await WatchedEvents.OpenAsync(here, "0");
        Assert.Equal(
            ["created", "put", "expired", "failed"], (await watched.TakeAsync(4)).Select(happened => happened.Type));
    }

    [Fact]
    public async Task Get_ArmedLease_ListingSaysSo()
    {
        var deployment = await Server.CreateAsync();
        var armed = await deployment.PutAsync("worker-1?ttl=1h&on_lapse=fail", "me", Reason);
        await deployment.PutAsync("leader?ttl=1h", "me");

        Assert.Equal("leader worker-1:fail", await ListAsync(deployment));
        var renewed = await deployment.PutAsync("worker-1?ttl=1h", "me", ("If-Match", armed.ETag!));
        Assert.False(renewed.Json.TryGetProperty("on_lapse", out _));
        Assert.Equal("leader worker-1:fail", await ListAsync(deployment));

        var revoked = await deployment.PostAsync("revoke");
        Assert.Equal(
            "leader worker-1",
            await ListAsync(Server.Open(deployment.Id, revoked.Json.GetProperty("token").GetString()!)));

        static async Task<string> ListAsync(TestDeployment deployment) => string.Join(
            ' ',
            (await deployment.GetAsync("?values=false")).Json.GetProperty("keys").EnumerateArray().Select(key =>
                key.GetProperty("key").GetString()
                + (key.TryGetProperty("on_lapse", out var action) ? ":" + action.GetString() : "")));
    }

    [Theory]
    [InlineData("k?on_lapse=fail", "on_lapse", "Goterra-Lapse-Reason", "x")]
    [InlineData("k?ttl=30s&on_lapse=ignore", "on_lapse", "Goterra-Lapse-Reason", "x")]
    [InlineData("k?ttl=30s", "on_lapse", "Goterra-Lapse-Reason", "x")]
    [InlineData("k?ttl=30s&on_lapse=fail", "Goterra-Lapse-Reason", "Goterra-Lapse-Source", "x")]
    [InlineData("k?ttl=30s&on_lapse=fail", "Goterra-Lapse-Reason", "Goterra-Lapse-Reason", "%FF")]
    [InlineData("k?ttl=30s&on_lapse=fail", "Goterra-Lapse-Reason", "Goterra-Lapse-Reason", "%4")]
    [InlineData("k?ttl=30s&on_lapse=fail", "Goterra-Lapse-Reason", "Goterra-Lapse-Reason", "")]
    public async Task Put_InvalidSwitch_Is400(string key, string field, string header, string value)
    {
        var deployment = await Server.CreateAsync();

        var refused = await deployment.PutAsync(key, "me", (header, value));

        Assert.Equal(400, refused.Status);
        Assert.True(refused.Json.GetProperty("errors").TryGetProperty(field, out _));
        Assert.Equal(404, (await deployment.GetAsync("k")).Status);
    }

    [Fact]
    public async Task Put_TokenMayNotFail_Is403()
    {
        var deployment = await Server.CreateAsync();
        var narrow = Server.Open(
            deployment.Id,
            (await deployment.PostAsync("token", """{"write":["worker-1"],"fail":false}""")).Json
                .GetProperty("token").GetString()!);

        Assert.Equal(403, (await narrow.PutAsync(Armed, "me", Reason)).Status);
        Assert.Equal(200, (await narrow.PutAsync("worker-1?ttl=30s", "me")).Status);
    }

    [Fact]
    public async Task Put_SourceTooLong_Is400()
    {
        var deployment = await Server.CreateAsync();

        var refused = await deployment.PutAsync(Armed, "me", Reason, ("Goterra-Lapse-Source", new string('x', 513)));

        Assert.Equal(400, refused.Status);
        Assert.True(refused.Json.GetProperty("errors").TryGetProperty("Goterra-Lapse-Source", out _));
    }
}
