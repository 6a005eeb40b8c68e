using Goterra.Infrastructure.Redis;
using Microsoft.Extensions.DependencyInjection;

namespace Goterra.Tests.Api;

[Trait("Category", "Api")]
public sealed class WhoWaitsTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    [Fact]
    public async Task Show_WhileSomeWait_SaysWhoForWhatSinceWhen()
    {
        var deployment = await fixture.Server.CreateAsync();
        await deployment.PutAsync("master_token", "v");
        await deployment.PutAsync("nodes/a", "v");
        var waits = new List<Task<Reply>>
        {
            deployment.GetAsync("mastr_token?wait=10m", ("X-Client-Name", "worker-1\u001b[31m")),
            deployment.GetAsync("mastr_token?wait=10m", ("User-Agent", "curl/8")),
            deployment.GetAsync("?filter=nodes/&count=3&wait=10m", ("X-Client-Name", "master")),
        };
        await fixture.Server.WaitersAsync(3);

        var shown = (await deployment.GetAsync("?values=false")).Json;

        var waiting = shown.GetProperty("waiting").EnumerateArray().ToList();
        Assert.Equal(3, waiting.Count);
        Assert.Equal(
            ["127.0.0.1 worker-1[31m", "127.0.0.1 curl/8"],
            waiting.Where(wait => wait.TryGetProperty("key", out _)).Select(
                wait => wait.GetProperty("client").GetString()).OrderDescending());
        var barrier = Assert.Single(waiting, wait => wait.TryGetProperty("prefix", out _));
        Assert.Equal(
            ("nodes/", 3, "127.0.0.1 master"),
            (barrier.GetProperty("prefix").GetString(), barrier.GetProperty("count").GetInt32(),
                barrier.GetProperty("client").GetString()));
        Assert.All(waiting, wait => Assert.True(wait.GetProperty("since").TryGetDateTimeOffset(out _)));
        Assert.Equal(
            ["1 client waits for 3 keys under `nodes/` (127.0.0.1 master); there are 1"],
            shown.GetProperty("hints").EnumerateArray().Select(hint => hint.GetString()).Skip(1));
        Assert.Matches(
            @"^2 clients wait for `mastr_token` \(127\.0\.0\.1 .+, 127\.0\.0\.1 .+\); the nearest existing key is "
            + "`master_token`$",
            shown.GetProperty("hints")[0].GetString());
        Assert.Equal(2, (await deployment.GetAsync("?filter=zzz")).Json.GetProperty("hints").GetArrayLength());

        await deployment.DeleteAsync();
        await Task.WhenAll(waits);
    }

    [Fact]
    public async Task Show_WaitOfSeveralRequests_IsOneWithItsFirstBeginning()
    {
        var deployment = await fixture.Server.CreateAsync();
        (string, string) id = ("X-Wait-Id", "w-1");
        var first = deployment.GetAsync("k?wait=1", id);
        await fixture.Server.WaitersAsync(1);
        var since = Since(await deployment.GetAsync(""));
        Assert.Equal(404, (await first).Status);

        var second = deployment.GetAsync("k?wait=10m", id);
        await fixture.Server.WaitersAsync(1);

        Assert.Equal(since, Since(await deployment.GetAsync("")));
        await deployment.PutAsync("k", "v");
        await second;
    }

    [FactWith("redis-server")]
    public async Task Show_OnAnotherInstance_SaysTheSameAndForgetsWhoLeft()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var one = await RunningServer.StartAsync(RunningServer.On(redis));
        await using var two = await RunningServer.StartAsync(RunningServer.On(redis));
        var here = await one.CreateAsync();
        var there = two.Open(here.Id, here.Token);
        var wait = here.GetAsync("k?wait=10m", ("X-Client-Name", "worker-1"));
        await one.WaitersAsync(1);
        await FlushAsync(one, two);

        var waiting = Assert.Single((await there.GetAsync("")).Json.GetProperty("waiting").EnumerateArray());
        Assert.Equal(
            ("k", "127.0.0.1 worker-1"),
            (waiting.GetProperty("key").GetString(), waiting.GetProperty("client").GetString()));

        await there.PutAsync("k", "v");
        await wait;
        await one.WaitersAsync(0);
        await FlushAsync(one, two);
        Assert.Equal(0, (await there.GetAsync("")).Json.GetProperty("waiting").GetArrayLength());
    }

    // What happens every 2 s, now: first everybody shows himself, then everybody has seen the others.
    private static async Task FlushAsync(params RunningServer[] servers)
    {
        foreach (var server in servers.Concat(servers))
            await server.Services.GetRequiredService<RedisWaitingBoard>().FlushAsync(CancellationToken.None);
    }

    private static DateTimeOffset Since(Reply reply) =>
        Assert.Single(reply.Json.GetProperty("waiting").EnumerateArray()).GetProperty("since").GetDateTimeOffset();
}
