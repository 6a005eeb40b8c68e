using System.Collections.Concurrent;
using Goterra.Core.Deployments;
using Goterra.Core.Model;
using Goterra.Infrastructure.Encryption;
using Goterra.Infrastructure.Redis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Goterra.Tests.Contract;

/// <summary>The check that a Redis belongs to this installation's secret.</summary>
[Trait("Category", "Contract")]
public sealed class RedisConnectionTests
{
    private const string OtherSecret = "another secret of the tests, longer than 32 bytes";

    private static readonly CancellationToken None = CancellationToken.None;

    [FactWith("redis-server")]
    public async Task VerifyAsync_RedisHangs_AllCallersFailWithinOneTimeout()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var store = await OpenStore.StartAsync(OpenStore.At(redis));
        var repository = store.Repository;
        var known = await CreateAsync(repository);

        await redis.PauseAsync();
        var start = TimeProvider.System.GetTimestamp();
        var calls = Enumerable.Range(0, 20).Select(i => i % 2 == 0
            ? Assert.ThrowsAsync<StoreUnavailableException>(() => CreateAsync(repository))
            : Assert.ThrowsAsync<StoreUnavailableException>(() => repository.FindAsync(known, None)));
        await Task.WhenAll(calls.ToList());
        var elapsed = TimeProvider.System.GetElapsedTime(start);

        // One after the other, ten creations would take 50 s.
        await redis.ResumeAsync();
        Assert.InRange(elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(25));
    }

    [FactWith("redis-server")]
    public async Task VerifyAsync_CallerGivesUp_OtherCallersStillSucceed()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var store = await OpenStore.StartAsync(OpenStore.At(redis));
        using var impatient = new CancellationTokenSource();

        await redis.PauseAsync();
        var first = CreateAsync(store.Repository, impatient.Token);
        var second = CreateAsync(store.Repository);
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        await redis.ResumeAsync();

        Assert.NotNull(await store.Repository.FindAsync(await second, None));
    }

    [FactWith("redis-server")]
    public async Task StartAsync_DataOfAnotherSecret_IsRefusedWithOneLine()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var store = await OpenStore.StartAsync(OpenStore.At(redis));
        using var folder = new TempFolder();

        var (exitCode, output) = await ServerProcess.RunAsync(
            folder, [], ("GOT_REDIS_HOST", "127.0.0.1"), ("GOT_REDIS_PORT", $"{redis.Port}"),
            ("GOT_SECRET", OtherSecret), ("GOT_WEB_PORT", "0"));

        Assert.Equal(2, exitCode);
        var line = Assert.Single(output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains("'secret'", line, StringComparison.Ordinal);
        Assert.Contains("'previous_secrets'", line, StringComparison.Ordinal);
    }

    [FactWith("redis-server")]
    public async Task VerifyAsync_ClaimedWithAnotherSecret_Is503UntilItIsClaimedBack()
    {
        await using var redis = await RedisServer.StartAsync();
        var log = new LogLines();
        await using var one = await StartServerAsync(redis, OpenStore.TestSecret.Current, log);
        var deployment = await one.CreateAsync();

        await redis.CommandAsync("FLUSHALL");
        await using var two = await StartServerAsync(redis, OtherSecret, new LogLines());
        Assert.Equal(503, await PostAsync(one));
        Assert.Equal(503, await ReadyAsync(one));
        Assert.Equal(503, (await deployment.GetAsync("k")).Status);
        Assert.Equal((200, 200), (await PostAsync(two), await ReadyAsync(two)));
        var line = Assert.Single(log, line => line.Contains("'previous_secrets'", StringComparison.Ordinal));
        Assert.Contains("'secret'", line, StringComparison.Ordinal);

        await redis.CommandAsync("FLUSHALL");
        Assert.Equal((200, 200), (await ReadyAsync(one), await PostAsync(one)));
        Assert.Equal((503, 503), (await ReadyAsync(two), await PostAsync(two)));
    }

    [FactWith("redis-server")]
    public async Task VerifyAsync_CheckValueOverwritten_OwnerOfTheDataGoesOn()
    {
        await using var redis = await RedisServer.StartAsync();
        var log = new LogLines();
        await using var server = await StartServerAsync(redis, OpenStore.TestSecret.Current, log);
        var deployment = await server.CreateAsync();
        await deployment.PutAsync("k", "v");
        var wait = deployment.GetAsync("later?raw&wait=10m");
        await server.WaitersAsync(1);

        for (var round = 0; round < 2; round++)
        {
            await redis.CommandAsync("SET", "goterra:secret", "of another");
            Assert.Equal(200, await PostAsync(server));
            Assert.Equal(200, await ReadyAsync(server));
            Assert.Equal("v", (await deployment.GetAsync("k?raw")).Text);
            Assert.Equal(200, (await deployment.PutAsync("k", "v")).Status);
        }

        await deployment.PutAsync("later", "came");
        Assert.Equal("came", (await wait).Text);
        Assert.Equal(2, log.Count(line => line.Contains("'previous_secrets'", StringComparison.Ordinal)));

        // Overwritten while no instance runs.
        await redis.CommandAsync("SET", "goterra:secret", "of another");
        await (await OpenStore.StartAsync(OpenStore.At(redis))).DisposeAsync();
        await Assert.ThrowsAsync<WrongSecretException>(
            () => OpenStore.StartAsync(OpenStore.At(redis), secrets: new SecretRing(OtherSecret, [])));
    }

    [FactWith("redis-server")]
    public async Task VerifyAsync_RotationUnderWay_BothSecretsAreAccepted()
    {
        await using var redis = await RedisServer.StartAsync();
        var (old, rotated) = (OpenStore.TestSecret.Current, OtherSecret);
        await using var one = await OpenStore.StartAsync(
            OpenStore.At(redis), secrets: new SecretRing(old, [new PreviousSecret(rotated, Verify: true)]));
        await using var two = await OpenStore.StartAsync(
            OpenStore.At(redis), secrets: new SecretRing(rotated, [new PreviousSecret(old, Verify: true)]));

        await CreateAsync(one.Repository);
        await CreateAsync(two.Repository);

        // The secret that was rotated to stays the store's.
        await (await OpenStore.StartAsync(OpenStore.At(redis), secrets: new SecretRing(rotated, []))).DisposeAsync();
        await Assert.ThrowsAsync<WrongSecretException>(() => OpenStore.StartAsync(OpenStore.At(redis)));
    }

    private static Task<RunningServer> StartServerAsync(
        RedisServer redis, string secret, LogLines log) => RunningServer.StartAsync(
        new Dictionary<string, string?>(RunningServer.On(redis)) { ["GOT_SECRET"] = secret },
        replace: services => services.AddSingleton<ILogger<RedisConnection>>(log));

    private static async Task<int> PostAsync(RunningServer server) =>
        (int)(await server.Client.PostAsync("/store", null)).StatusCode;

    private static async Task<int> ReadyAsync(RunningServer server) =>
        (int)(await server.Client.GetAsync("/health/ready")).StatusCode;

    private static async Task<DeploymentId> CreateAsync(
        IDeploymentRepository repository, CancellationToken cancellationToken = default) =>
        (await repository.CreateAsync(
            new NewDeployment(DeploymentId.New(), Owner.Anonymous, null, null, "e1", null), cancellationToken)).Id;

    private sealed class LogLines : ConcurrentQueue<string>, ILogger<RedisConnection>
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter) =>
            Enqueue(formatter(state, exception));
    }
}
