namespace Goterra.Tests.Api;

/// <summary>Several instances on one Redis, and that Redis gone and back.</summary>
[Trait("Category", "Api")]
public sealed class InstancesTests
{
    [FactWith("redis-server")]
    public async Task TwoInstances_PutOnOne_WakesTheWaitOnTheOther()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var one = await RunningServer.StartAsync(RunningServer.On(redis));
        await using var two = await RunningServer.StartAsync(RunningServer.On(redis));
        var here = await one.CreateAsync();
        var there = two.Open(here.Id, here.Token);
        var wait = there.GetAsync("k?raw&wait=10m");
        var other = there.GetAsync("other?wait=10m");
        await two.WaitersAsync(2);

        await here.PutAsync("k", "v");
        Assert.Equal("v", (await wait).Text);
        Assert.False(other.IsCompleted);

        await here.DeleteAsync();
        Assert.Equal(410, (await other).Status);
    }

    [FactWith("redis-server")]
    public async Task RedisStoppedAndStarted_Requests_Are503AndThenServedAgainWaitsIncluded()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var server = await RunningServer.StartAsync(RunningServer.On(redis));
        var deployment = await server.CreateAsync();
        await deployment.PutAsync("before", "v");
        var wait = deployment.GetAsync("k?raw&wait=10m");
        await server.WaitersAsync(1);

        await redis.KillAsync();
        Reply down;
        do
            down = await deployment.GetAsync("before");
        while (down.Status == 200);
        Assert.Equal(503, down.Status);
        Assert.Equal("1", down.Message.Headers.RetryAfter!.ToString());
        Assert.Equal(503, (await deployment.PutAsync("k", "lost")).Status);
        Assert.Equal(503, (int)(await server.Client.GetAsync("/health/ready")).StatusCode);
        Assert.Equal(200, (int)(await server.Client.GetAsync("/health/live")).StatusCode);
        Assert.False(wait.IsCompleted);

        await redis.RestartAsync();
        await Eventually.Async(async () => (await deployment.PutAsync("k", "v")).Status != 503);

        Assert.Equal("v", (await wait).Text);
        Assert.Equal("v", (await deployment.GetAsync("before?raw")).Text);
        Assert.Equal(200, (int)(await server.Client.GetAsync("/health/ready")).StatusCode);
    }

    [FactWith("redis-server")]
    public async Task RedisNotThereAtTheStart_ServerStartsAndServesWhenItComes()
    {
        await using var redis = await RedisServer.StartAsync();
        await redis.KillAsync();
        await using var server = await RunningServer.StartAsync(RunningServer.On(redis));
        Assert.Equal(503, (int)(await server.Client.PostAsync("/store", null)).StatusCode);

        await redis.RestartAsync();
        await Eventually.Async(
            async () => (int)(await server.Client.GetAsync("/health/ready")).StatusCode != 503);

        var deployment = await server.CreateAsync();
        var wait = deployment.GetAsync("k?raw&wait=10m");
        await server.WaitersAsync(1);
        await deployment.PutAsync("k", "v");
        Assert.Equal("v", (await wait).Text);
    }

    [FactWith("redis-server")]
    public async Task SubscriptionLost_ChangeMeanwhile_IsNotMissed()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var one = await RunningServer.StartAsync(RunningServer.On(redis));
        await using var two = await RunningServer.StartAsync(RunningServer.On(redis));
        var here = await one.CreateAsync();
        var there = two.Open(here.Id, here.Token);

        for (var round = 0; round < 20; round++)
        {
            var wait = there.GetAsync($"k{round}?raw&wait=10m");
            await two.WaitersAsync(1);
            await redis.CommandAsync("CLIENT", "KILL", "TYPE", "pubsub");
            Assert.Equal(200, (await here.PutAsync($"k{round}", "v")).Status);
            Assert.Equal("v", (await wait).Text);
        }
    }
}
