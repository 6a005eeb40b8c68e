using Goterra.Infrastructure.Redis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Goterra.Tests.Api;

/// <summary>Instances follow the changes of the deployments that are watched there, and of no others.</summary>
[Trait("Category", "Api")]
public sealed class ChangeFeedTests
{
    [FactWith("redis-server")]
    public async Task Put_WhileAnotherInstanceSubscribes_WakesItsWait()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var one = await RunningServer.StartAsync(RunningServer.On(redis));
        await using var two = await RunningServer.StartAsync(RunningServer.On(redis), time: new TimeWithoutRechecks());

        for (var round = 0; round < 100; round++)
        {
            var here = await one.CreateAsync();
            var wait = two.Open(here.Id, here.Token).GetAsync("k?raw&wait=10m");
            await here.PutAsync("k", "v");
            Assert.Equal("v", (await wait).Text);
        }
    }

    [FactWith("redis-server")]
    public async Task Put_WhileTheSubscriptionIsLost_WakesTheWait()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var one = await RunningServer.StartAsync(RunningServer.On(redis));
        await using var two = await RunningServer.StartAsync(RunningServer.On(redis), time: new TimeWithoutRechecks());

        for (var round = 0; round < 10; round++)
        {
            var here = await one.CreateAsync();
            var wait = two.Open(here.Id, here.Token).GetAsync("k?raw&wait=10m");
            var killed = redis.CommandAsync("CLIENT", "KILL", "TYPE", "pubsub");
            await here.PutAsync("k", "v");
            await killed;
            Assert.Equal("v", (await wait).Text);
        }
    }

    [FactWith("redis-server")]
    public async Task Wait_SubscriptionsAreRefused_IsHeldAndTheLogSaysSoOnce()
    {
        await using var redis = await RedisServer.StartAsync();
        await redis.CommandAsync("ACL", "SETUSER", "goterra", "on", ">secret", "~*", "&*", "+@all", "-subscribe");
        var log = new RecordingLogger<RedisChangeFeed>();
        await using var server = await RunningServer.StartAsync(
            new Dictionary<string, string?>(RunningServer.On(redis))
            {
                ["GOT_REDIS_USER"] = "goterra",
                ["GOT_REDIS_PASSWORD"] = "secret",
            },
            replace: services => services.AddSingleton<ILogger<RedisChangeFeed>>(log));

        for (var round = 0; round < 2; round++)
        {
            var here = await server.CreateAsync();
            Assert.Equal(404, (await here.GetAsync("k?wait=1")).Status);
        }

        var (level, text) = Assert.Single(log.Lines, line => line.Level >= LogLevel.Warning);
        Assert.Equal(LogLevel.Warning, level);
        Assert.Contains("redis.user", text, StringComparison.Ordinal);
    }

    [FactWith("redis-server")]
    public async Task Wait_SubscriptionsAreRefusedAgain_IsConnectedAndWarnsAgain()
    {
        await using var redis = await RedisServer.StartAsync();
        await redis.CommandAsync("ACL", "SETUSER", "goterra", "on", ">secret", "~*", "&*", "+@all", "-subscribe");
        var log = new RecordingLogger<RedisChangeFeed>();
        await using var server = await RunningServer.StartAsync(
            new Dictionary<string, string?>(RunningServer.On(redis))
            {
                ["GOT_REDIS_USER"] = "goterra",
                ["GOT_REDIS_PASSWORD"] = "secret",
            },
            time: new TimeWithoutRechecks(),
            replace: services => services.AddSingleton<ILogger<RedisChangeFeed>>(log));
        var here = await server.CreateAsync();
        var wait = here.GetAsync("k?raw&wait=10m");

        await Eventually.Async(() => Count("Change feed connected.") == 1);
        Assert.Equal(1, Count("refuses subscriptions (NOPERM)"));

        await redis.CommandAsync("ACL", "SETUSER", "goterra", "+subscribe");
        await redis.CommandAsync("CLIENT", "KILL", "USER", "goterra");
        await Eventually.Async(async () => (await redis.ChannelsAsync()).Count == 1);
        await redis.CommandAsync("ACL", "SETUSER", "goterra", "-subscribe");
        await redis.CommandAsync("CLIENT", "KILL", "USER", "goterra");

        await Eventually.Async(() => Count("refuses subscriptions (NOPERM)") == 2);
        await here.PutAsync("k", "v");
        Assert.Equal("v", (await wait).Text);

        int Count(string text) => log.Lines.Count(line => line.Text.Contains(text, StringComparison.Ordinal));
    }

    [FactWith("redis-server")]
    public async Task Put_OnAClusterWhileTheSubscriptionsAreLost_WakesTheWaitsThroughShardedChannels()
    {
        await using var cluster = await RedisCluster.StartAsync();
        await using var one = await RunningServer.StartAsync(RunningServer.On(cluster));
        await using var two = await RunningServer.StartAsync(
            RunningServer.On(cluster), time: new TimeWithoutRechecks());

        // Enough that each node has some.
        var deployments = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => one.CreateAsync()));
        foreach (var key in new[] { "k", "l" })
        {
            var waits = deployments.Select(
                here => two.Open(here.Id, here.Token).GetAsync($"{key}?raw&wait=10m")).ToList();
            await Eventually.Async(async () =>
            {
                var channels = await Task.WhenAll(cluster.Nodes.Select(node => node.ShardedChannelsAsync()));
                return Array.TrueForAll(channels, ofOne => ofOne.Count > 0)
                    && channels.SelectMany(ofOne => ofOne).ToHashSet().SetEquals(
                        deployments.Select(here => $"goterra:{{{here.Id}}}:changes"));
            });

            var killed = key == "k"
                ? Task.CompletedTask
                : Task.WhenAll(cluster.Nodes.Select(node => node.CommandAsync("CLIENT", "KILL", "TYPE", "pubsub")));
            await Task.WhenAll(deployments.Select(here => here.PutAsync(key, "v")));
            await killed;
            Assert.All(await Task.WhenAll(waits), answer => Assert.Equal("v", answer.Text));
        }
    }

    [FactWith("redis-server")]
    public async Task Put_OfADeploymentThatIsNotWatchedThere_ReachesNoInstance()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var one = await RunningServer.StartAsync(RunningServer.On(redis));
        await using var two = await RunningServer.StartAsync(RunningServer.On(redis));
        var watched = await one.CreateAsync();
        var other = await one.CreateAsync();
        var wait = two.Open(watched.Id, watched.Token).GetAsync("k?raw&wait=10m");
        await two.WaitersAsync(1);

        await other.PutAsync("k", "v");

        Assert.Equal([$"goterra:{{{watched.Id}}}:changes"], await redis.ChannelsAsync());
        await watched.PutAsync("k", "v");
        Assert.Equal("v", (await wait).Text);
    }

    [FactWith("redis-server")]
    public async Task Waits_InAThousandDeploymentsThatComeAndGo_LeaveNoSubscription()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var one = await RunningServer.StartAsync(RunningServer.On(redis));
        await using var two = await RunningServer.StartAsync(RunningServer.On(redis));

        await Parallel.ForAsync(0, 1000, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (_, _) =>
        {
            var here = await one.CreateAsync();
            var wait = two.Open(here.Id, here.Token).GetAsync("k?wait=10m");
            await here.DeleteAsync();
            Assert.Equal(410, (await wait).Status);
        });

        await Eventually.Async(async () => (await redis.ChannelsAsync()).Count == 0);
    }

    [FactWith("redis-server")]
    public async Task Wait_AfterALongPause_SubscribesAgain()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var one = await RunningServer.StartAsync(RunningServer.On(redis));
        await using var two = await RunningServer.StartAsync(RunningServer.On(redis));
        var here = await one.CreateAsync();
        var there = two.Open(here.Id, here.Token);
        for (var round = 0; round < 2; round++)
        {
            var wait = there.GetAsync($"k{round}?raw&wait=10m");
            await two.WaitersAsync(1);
            await here.PutAsync($"k{round}", "v");
            Assert.Equal("v", (await wait).Text);
            await Eventually.Async(async () => (await redis.ChannelsAsync()).Count == 0);
        }
    }

    [FactWith("redis-server")]
    public async Task Start_BesideAnInstanceOfVersion01_IsRefused()
    {
        await using var redis = await RedisServer.StartAsync();
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        await redis.CommandAsync("ZADD", "goterra:instances", $"{now}", "0123456789abcdef");

        var refused = await Assert.ThrowsAsync<IncompatibleStoreException>(
            () => RunningServer.StartAsync(RunningServer.On(redis)));

        Assert.Contains("version 0.1", refused.Message, StringComparison.Ordinal);

        // After a rollback, the layout of this version is still there.
        await redis.CommandAsync("SET", "goterra:layout", "2");
        await Assert.ThrowsAsync<IncompatibleStoreException>(
            () => RunningServer.StartAsync(RunningServer.On(redis)));
        await redis.CommandAsync("ZADD", "goterra:instances", $"{now - 60_000}", "0123456789abcdef");
        await using var server = await RunningServer.StartAsync(RunningServer.On(redis));
        await server.CreateAsync();
    }

    [FactWith("redis-server")]
    public async Task Start_OnALayoutOfALaterVersion_IsRefused()
    {
        await using var redis = await RedisServer.StartAsync();
        await redis.CommandAsync("SET", "goterra:layout", "3");

        await Assert.ThrowsAsync<IncompatibleStoreException>(
            () => RunningServer.StartAsync(RunningServer.On(redis)));
    }
}
