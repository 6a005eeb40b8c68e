namespace Goterra.Tests.Api;

[Trait("Category", "Api")]
public sealed class FailureTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private RunningServer Server => fixture.Server;

    [Fact]
    public async Task Fail_WhileEverybodyWaits_EndsEveryWaitWithTheReason()
    {
        var deployment = await Server.CreateAsync();
        var known = await deployment.PutAsync("k", "v");
        Task<Reply>[] waits =
        [
            deployment.GetAsync("absent?wait=10m"),
            deployment.GetAsync("absent?wait=10m&pending=503"),
            deployment.GetAsync("?filter=nodes/&count=2&wait=10m"),
            deployment.GetAsync("k?wait=10m", ("If-None-Match", known.ETag!)),
        ];
        await Server.WaitersAsync(4);

        Assert.Equal(200, await PostAsync(deployment, "fail", """{"reason":"no disk"}"""));

        Assert.All(await Task.WhenAll(waits), reply => AssertFailed(reply, "no disk"));
        AssertFailed(await deployment.GetAsync("absent?wait=10m"), "no disk");
        AssertFailed(await deployment.GetAsync("absent?pending=503"), "no disk");
        AssertFailed(await deployment.GetAsync("?filter=nodes/&count=2&wait=10m"), "no disk");
        var shown = (await deployment.GetAsync("")).Json;
        Assert.Equal(
            ("failed", "no disk"), (shown.GetProperty("state").GetString(), shown.GetProperty("reason").GetString()));
    }

    [Fact]
    public async Task Failed_WhatIsThere_CanBeReadAndWritten()
    {
        var deployment = await Server.CreateAsync();
        await deployment.PutAsync("k", "v");
        await PostAsync(deployment, "fail", """{"reason":"no disk"}""");

        Assert.Equal("v", (await deployment.GetAsync("k?raw&wait=10m")).Text);
        Assert.Equal(200, (await deployment.GetAsync("?filter=k&count=1&wait=10m")).Status);
        Assert.Equal(200, (await deployment.PutAsync("later", "v")).Status);
        Assert.Equal(404, (await deployment.GetAsync("absent")).Status);
        Assert.Equal(404, (await deployment.GetAsync("?filter=nodes/&count=1")).Status);
    }

    [Fact]
    public async Task Fail_Twice_TheFirstReasonStays()
    {
        var deployment = await Server.CreateAsync();

        Assert.Equal(200, await PostAsync(deployment, "fail", """{"reason":"first"}"""));
        Assert.Equal(200, await PostAsync(deployment, "fail", """{"reason":"second"}"""));

        AssertFailed(await deployment.GetAsync("absent?wait=1"), "first");
    }

    [Fact]
    public async Task Resume_Failed_WaitsWorkAgain()
    {
        var deployment = await Server.CreateAsync();
        Assert.Equal(200, await PostAsync(deployment, "resume", ""));
        await PostAsync(deployment, "fail", """{"reason":"no disk"}""");
        Assert.Equal(200, await PostAsync(deployment, "resume", ""));
        var wait = deployment.GetAsync("k?raw&wait=10m");
        await Server.WaitersAsync(1);

        await deployment.PutAsync("k", "v");

        Assert.Equal("v", (await wait).Text);
        Assert.Equal("active", (await deployment.GetAsync("")).Json.GetProperty("state").GetString());
    }

    [Fact]
    public async Task FailPrefix_KeyComes_EndsTheWaitWithItsValue()
    {
        var deployment = await Server.CreateAsync();
        Task<Reply>[] waits =
        [
            deployment.GetAsync("absent?wait=10m&fail=failed/"),
            deployment.GetAsync("?filter=nodes/&count=2&wait=10m&fail=failed/"),
        ];
        var unconcerned = deployment.GetAsync("absent?wait=10m");
        await Server.WaitersAsync(3);

        await deployment.PutAsync("failed/worker-2", "no disk");

        Assert.All(await Task.WhenAll(waits), reply =>
        {
            AssertFailed(reply, "no disk");
            Assert.Equal("failed/worker-2", reply.Json.GetProperty("key").GetString());
        });
        AssertFailed(await deployment.GetAsync("absent?fail=failed/"), "no disk");
        Assert.False(unconcerned.IsCompleted);
        await deployment.PutAsync("absent", "there");
        Assert.Equal(200, (await unconcerned).Status);
        Assert.Equal(200, (await deployment.GetAsync("absent?fail=failed/")).Status);
        await Server.WaitersAsync(0);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("""{"reason":""}""")]
    [InlineData("""{"reason":7}""")]
    public async Task Fail_NoReason_Is400(string body)
    {
        var deployment = await Server.CreateAsync();

        Assert.Equal(400, await PostAsync(deployment, "fail", body));

        Assert.Equal("active", (await deployment.GetAsync("")).Json.GetProperty("state").GetString());
    }

    [FactWith("redis-server")]
    public async Task Fail_OnOneInstance_EndsTheWaitsOnTheOtherThoughResumedAtOnce()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var one = await RunningServer.StartAsync(RunningServer.On(redis));
        await using var two = await RunningServer.StartAsync(RunningServer.On(redis));
        var here = await one.CreateAsync();
        var there = two.Open(here.Id, here.Token);
        var wait = there.GetAsync("absent?wait=10m");
        await two.WaitersAsync(1);

        await PostAsync(here, "fail", """{"reason":"no disk"}""");
        await PostAsync(here, "resume", "");

        AssertFailed(await wait, "no disk");
    }

    private static async Task<int> PostAsync(TestDeployment deployment, string verb, string body) =>
        (int)(await deployment.SendAsync(HttpMethod.Post, verb, new StringContent(body))).StatusCode;

    private static void AssertFailed(Reply reply, string reason)
    {
        Assert.Equal((424, "application/problem+json"), (reply.Status, reply.Type));
        Assert.Equal(reason, reply.Json.GetProperty("reason").GetString());
        Assert.Contains(reason, reply.Detail, StringComparison.Ordinal);
    }
}
