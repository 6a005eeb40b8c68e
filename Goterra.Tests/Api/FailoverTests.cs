namespace Goterra.Tests.Api;

/// <summary>The master is gone, and the sentinel makes its replica the master.</summary>
[Trait("Category", "Api")]
public sealed class FailoverTests
{
    public enum Absence
    {
        /// <summary>kill -9, and started again with what it had.</summary>
        Killed,

        /// <summary>Stands still, with all of its connections, and goes on.</summary>
        Paused,
    }

    [FactWith("redis-server", "redis-sentinel")]
    public async Task MasterKilled_OpenWaits_AreAnsweredThroughTheNewOne()
    {
        await using var sentinel = await RedisSentinel.StartAsync();
        await using var one = await RunningServer.StartAsync(sentinel.Settings);
        await using var two = await RunningServer.StartAsync(sentinel.Settings);
        var here = await one.CreateAsync();
        var there = two.Open(here.Id, here.Token);
        var tag = (await here.PutAsync("changing", "old")).ETag!;
        await sentinel.Master.CommandAsync("WAIT", "1", "0");
        Task<Reply>[] waits =
        [
            here.GetAsync("k?raw&wait=10m"),
            there.GetAsync("k?raw&wait=10m"),
            there.GetAsync("changing?raw&wait=10m", ("If-None-Match", tag)),
            there.GetAsync("?filter=nodes/&count=2&wait=10m"),
        ];
        await one.WaitersAsync(1);
        await two.WaitersAsync(3);

        await sentinel.Master.KillAsync();
        foreach (var key in new[] { "k", "changing", "nodes/a", "nodes/b" })
            await PutUntilDoneAsync(here, key);

        Assert.Equal(["new", "new", "new"], (await Task.WhenAll(waits[..3])).Select(reply => reply.Text));
        Assert.Equal(200, (await waits[3]).Status);
    }

    [TheoryWith("redis-server", "redis-sentinel")]
    [InlineData(Absence.Killed)]
    [InlineData(Absence.Paused)]
    public async Task OldMasterBack_WithWhatItHad_IsNotBelievedAndNotWrittenTo(Absence absence)
    {
        await using var sentinel = await RedisSentinel.StartAsync();
        await using var server = await RunningServer.StartAsync(sentinel.Settings);
        var deployment = await server.CreateAsync();
        await deployment.PutAsync("removed", "old");
        await sentinel.Master.CommandAsync("WAIT", "1", "0");
        await (absence == Absence.Killed ? sentinel.Master.KillAsync() : sentinel.Master.PauseAsync());
        await PutUntilDoneAsync(deployment, "k");
        await RemoveUntilDoneAsync(deployment, "removed");
        var wait = deployment.GetAsync("removed?raw&wait=10m");
        await server.WaitersAsync(1);

        await (absence == Absence.Killed ? sentinel.Master.RestartAsync() : sentinel.Master.ResumeAsync());

        // It is the master in its own eyes until the sentinel has told it otherwise.
        var writes = 0;
        for (var corrected = sentinel.Master.ReplicatesAsync(); !corrected.IsCompleted; writes++)
        {
            Assert.NotEqual(200, (await deployment.GetAsync("removed")).Status);
            await PutUntilDoneAsync(deployment, $"written/{writes}");
        }

        Assert.False(wait.IsCompleted);
        Assert.Equal(writes, (await deployment.GetAsync("?filter=written/")).Json.GetProperty("keys").GetArrayLength());
        await PutUntilDoneAsync(deployment, "removed");
        Assert.Equal("new", (await wait).Text);
    }

    [FactWith("redis-server", "redis-sentinel")]
    public async Task SentinelNotThereAtTheStart_ServerStartsAndServesWhenItComes()
    {
        await using var sentinel = await RedisSentinel.StartAsync();
        await sentinel.KillAsync();
        await using var server = await RunningServer.StartAsync(sentinel.Settings);
        Assert.Equal(503, (int)(await server.Client.PostAsync("/store", null)).StatusCode);

        await sentinel.RestartAsync();
        await Eventually.Async(
            async () => (int)(await server.Client.GetAsync("/health/ready")).StatusCode != 503);

        var deployment = await server.CreateAsync();
        Assert.Equal(200, (await deployment.PutAsync("k", "v")).Status);
    }

    // After a 503, the key may have been removed.
    private static async Task RemoveUntilDoneAsync(TestDeployment deployment, string key)
    {
        var status = 503;
        await Eventually.Async(async () => (status = (await deployment.DeleteAsync(key)).Status) != 503);
        Assert.Contains(status, (int[])[200, 404]);
    }

    private static async Task PutUntilDoneAsync(TestDeployment deployment, string key)
    {
        var status = 503;
        await Eventually.Async(async () => (status = (await deployment.PutAsync(key, "new")).Status) != 503);
        Assert.Equal(200, status);
    }
}
