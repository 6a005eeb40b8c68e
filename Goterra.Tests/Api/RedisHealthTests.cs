using System.Collections.Concurrent;
using Goterra.Api.Errors;
using Goterra.Core.Deployments;
using Goterra.Core.Model;
using Goterra.Core.Tokens;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Goterra.Tests.Api;

/// <summary>A Redis that loses data, or accepts none.</summary>
[Trait("Category", "Api")]
public sealed class RedisHealthTests
{
    [FactWith("redis-server")]
    public async Task Ready_RedisEvicts_Is503UntilItDoesNot()
    {
        await using var redis = await RedisServer.StartAsync("--maxmemory-policy", "allkeys-lru");
        await using var server = await RunningServer.StartAsync(RunningServer.On(redis));

        var ready = await Reply.OfAsync(await server.Client.GetAsync("/health/ready"));
        Assert.Equal(503, ready.Status);
        Assert.Contains("maxmemory-policy", ready.Detail, StringComparison.Ordinal);

        await redis.CommandAsync("CONFIG", "SET", "maxmemory-policy", "noeviction");
        Assert.Equal(200, (int)(await server.Client.GetAsync("/health/ready")).StatusCode);
    }

    [FactWith("redis-server")]
    public async Task Ready_RedisIsReplica_Is503()
    {
        await using var master = await RedisServer.StartAsync();
        await using (await RunningServer.StartAsync(RunningServer.On(master)))
        {
            // Claims the store.
        }

        await using var replica = await RedisServer.StartAsync("--replicaof", $"127.0.0.1 {master.Port}");
        await replica.ReplicatesAsync();
        var settings = RunningServer.On(replica);
        await using var server = await RunningServer.StartAsync(settings);
        settings["GOT_REDIS_HOST"] = "127.0.0.1,localhost";
        await using var several = await RunningServer.StartAsync(settings);

        var ready = await Reply.OfAsync(await server.Client.GetAsync("/health/ready"));
        Assert.Equal(503, ready.Status);
        Assert.Contains("redis.sentinel", ready.Detail, StringComparison.Ordinal);
        ready = await Reply.OfAsync(await several.Client.GetAsync("/health/ready"));
        Assert.Equal(503, ready.Status);
        Assert.Contains("failover", ready.Detail, StringComparison.Ordinal);
    }

    [FactWith("redis-server")]
    public async Task Ready_ReplicaHangs_Is200()
    {
        await using var master = await RedisServer.StartAsync();
        await using var replica = await RedisServer.StartAsync("--replicaof", $"127.0.0.1 {master.Port}");
        await replica.ReplicatesAsync();
        var settings = RunningServer.On(master);
        settings["GOT_REDIS_HOST"] = $"127.0.0.1:{replica.Port},127.0.0.1:{master.Port}";
        await using var server = await RunningServer.StartAsync(settings);
        Assert.Equal(200, (int)(await server.Client.GetAsync("/health/ready")).StatusCode);

        await replica.PauseAsync();

        Assert.Equal(200, (int)(await server.Client.GetAsync("/health/ready")).StatusCode);
        await replica.ResumeAsync();
    }

    [FactWith("redis-server")]
    public async Task Ready_MasterBecomesReplica_Is503AtOnceAsAreWrites()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var other = await RedisServer.StartAsync("--replicaof", $"127.0.0.1 {redis.Port}");
        await using var server = await RunningServer.StartAsync(RunningServer.On(redis));
        var deployment = await server.CreateAsync();
        await deployment.PutAsync("k", "v");
        await other.ReplicatesAsync();

        await other.CommandAsync("REPLICAOF", "NO", "ONE");
        await redis.CommandAsync("REPLICAOF", "127.0.0.1", $"{other.Port}");

        var ready = await Reply.OfAsync(await server.Client.GetAsync("/health/ready"));
        Assert.Equal(503, ready.Status);
        Assert.Contains("The store is a replica", ready.Detail, StringComparison.Ordinal);
        // It may be loading the data of its master.
        await Eventually.Async(async () => await deployment.PutAsync("k", "w") is { Status: 503 } put
            && put.Detail.StartsWith("The store is a replica", StringComparison.Ordinal));

        await redis.CommandAsync("REPLICAOF", "NO", "ONE");
        Assert.Equal(200, (int)(await server.Client.GetAsync("/health/ready")).StatusCode);
        await Eventually.Async(async () => (await deployment.PutAsync("k", "w")).Status == 200);
    }

    [FactWith("redis-server")]
    public async Task Ready_UserMayNotRunScripts_Is503UntilItMay()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var server = await RunningServer.StartAsync(RunningServer.On(redis));

        await redis.CommandAsync("ACL", "SETUSER", "default", "-eval", "-evalsha");
        var ready = await Reply.OfAsync(await server.Client.GetAsync("/health/ready"));
        Assert.Equal(503, ready.Status);
        Assert.Contains("NOPERM", ready.Detail, StringComparison.Ordinal);

        await redis.CommandAsync("ACL", "SETUSER", "default", "+@all");
        Assert.Equal(200, (int)(await server.Client.GetAsync("/health/ready")).StatusCode);
    }

    [FactWith("redis-server")]
    public async Task StartAsync_RedisWithoutPersistence_WarnsOnce()
    {
        await using var kept = await RedisServer.StartAsync();
        await using var lost = await RedisServer.StartAsync("--appendonly", "no");

        Assert.DoesNotContain(
            await LogOfStartAsync(kept), line => line.Contains("persistence", StringComparison.Ordinal));
        Assert.Single(await LogOfStartAsync(lost), line => line.Contains("persistence", StringComparison.Ordinal));
    }

    [FactWith("redis-server")]
    public async Task Get_ValueLost_Is500WithTheLossAndOneLogLine()
    {
        await using var redis = await RedisServer.StartAsync();
        var log = new Lines<ProblemExceptionHandler>();
        await using var server = await RunningServer.StartAsync(
            RunningServer.On(redis), replace: services => services.AddSingleton<ILogger<ProblemExceptionHandler>>(log));
        var deployment = await server.CreateAsync();
        await deployment.PutAsync("k", "v");
        await redis.CommandAsync("DEL", $"goterra:{{{deployment.Id}}}:value:k");

        for (var i = 0; i < 3; i++)
        {
            var reply = await deployment.GetAsync("k");
            Assert.Equal(500, reply.Status);
            Assert.StartsWith("The store has lost part of the deployment", reply.Detail, StringComparison.Ordinal);
            Assert.Equal(500, (await deployment.PutAsync("k", "x", ("If-None-Match", "*"))).Status);
            Assert.Equal(500, (await deployment.GetAsync("")).Status);
        }

        Assert.Equal(404, (await deployment.GetAsync("absent")).Status);
        Assert.Single(log, line => line.StartsWith("Error The store has lost part", StringComparison.Ordinal));
    }

    [FactWith("redis-server")]
    public async Task Get_NamespaceEpochLost_Is500AndNotRevoked()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var server = await RunningServer.StartAsync(RunningServer.On(redis));
        var team = NamespaceName.Parse("team");
        var epoch = await server.Services.GetRequiredService<INamespaceRepository>()
            .GetOrCreateEpochAsync(team, default);
        var id = (await server.Services.GetRequiredService<IDeploymentRepository>().CreateAsync(
            new NewDeployment(DeploymentId.New(), Owner.Anonymous, team, null, "e1", null, epoch), default)).Id;
        var token = server.Services.GetRequiredService<IDeploymentTokens>().Issue(
            new NamespaceGrant(team, "alice", epoch, TimeProvider.System.GetUtcNow().AddHours(1)));
        var deployment = server.Open(id.ToString(), token);
        Assert.Equal(200, (await deployment.GetAsync("")).Status);

        await redis.CommandAsync("DEL", "goterra:ns:team:epoch");

        var reply = await deployment.GetAsync("");
        Assert.Equal(500, reply.Status);
        Assert.Contains("the epoch of the namespace 'team'", reply.Detail, StringComparison.Ordinal);
    }

    private static async Task<IReadOnlyCollection<string>> LogOfStartAsync(RedisServer redis)
    {
        var log = new Lines<Goterra.Infrastructure.Redis.RedisConnection>();
        await using var server = await RunningServer.StartAsync(
            RunningServer.On(redis),
            replace: services =>
                services.AddSingleton<ILogger<Goterra.Infrastructure.Redis.RedisConnection>>(log));
        return log;
    }

    private sealed class Lines<T> : ConcurrentQueue<string>, ILogger<T>
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter) =>
            Enqueue($"{logLevel} {formatter(state, exception)}");
    }
}
