using System.Collections.Concurrent;

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
        await using var server = await RunningServer.StartAsync(
            new Dictionary<string, string?>(sentinel.Settings) { ["GOT_LIMITS_KEYS"] = "1000000" });
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
    public async Task PlannedFailover_MinReplicas_LosesNoAcknowledgedWriteAndHasOneWinnerPerKey()
    {
        await using var sentinel = await RedisSentinel.StartAsync();
        await using var server = await RunningServer.StartAsync(
            new Dictionary<string, string?>(sentinel.Settings) { ["GOT_REDIS_MIN_REPLICAS"] = "1" });
        var deployment = await server.CreateAsync();
        var acknowledged = new ConcurrentDictionary<string, string>();
        using var enough = new CancellationTokenSource();
        var writers = Enumerable.Range(0, 8).Select(writer => Task.Run(async () =>
        {
            for (var i = 0; !enough.IsCancellationRequested; i++)
            {
                // Two writers for each key: one of them may win.
                var (key, value) = ($"k/{writer / 2}/{i}", $"{writer}");
                var put = await deployment.PutAsync(key, value, ("If-None-Match", "*"));
                if (put.Status == 200)
                    Assert.True(acknowledged.TryAdd(key, value), $"{key} has two winners.");
            }
        })).ToList();
        await Eventually.Async(() => acknowledged.Count > 100);
        var (port, before) = (await sentinel.MasterPortAsync(), acknowledged.Count);

        await sentinel.FailOverAsync();
        await Eventually.Async(async () => await sentinel.MasterPortAsync() != port);
        await Eventually.Async(() => acknowledged.Count > before + 100);
        await enough.CancelAsync();
        await Task.WhenAll(writers);

        foreach (var (key, value) in acknowledged)
            Assert.Equal((200, value), await ReadAsync(deployment, key));
    }

    [FactWith("redis-server")]
    public async Task Put_FewerReplicasThanRequired_Is503ThatNamesTheSetting()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var first = await RunningServer.StartAsync(RunningServer.On(redis));
        var deployment = await first.CreateAsync();
        await deployment.PutAsync("k", "v");
        await using var server = await RunningServer.StartAsync(
            new Dictionary<string, string?>(RunningServer.On(redis)) { ["GOT_REDIS_MIN_REPLICAS"] = "1" });
        var strict = server.Open(deployment.Id, deployment.Token);

        var put = await strict.PutAsync("k", "w");

        Assert.Equal(503, put.Status);
        Assert.Contains("redis.min_replicas", put.Detail, StringComparison.Ordinal);
        Assert.Equal(200, (await strict.GetAsync("k")).Status);
        var ready = await Reply.OfAsync(await server.Client.GetAsync("/health/ready"));
        Assert.Contains("0 of the 1 replicas", ready.Text, StringComparison.Ordinal);
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

    private static async Task<(int Status, string Text)> ReadAsync(TestDeployment deployment, string key)
    {
        var reply = await deployment.GetAsync(key + "?raw");
        return (reply.Status, reply.Text);
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
