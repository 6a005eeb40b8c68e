using Goterra.Core.Deployments;
using Goterra.Infrastructure.Monitoring;
using Goterra.Infrastructure.Redis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using StackExchange.Redis;

namespace Goterra.Tests.Api;

/// <summary>The log while Redis is away.</summary>
[Trait("Category", "Api")]
public sealed class RedisAvailabilityTests
{
    private readonly RecordingLogger<RedisAvailability> _log = new();

    [FactWith("redis-server")]
    public async Task Log_RedisStoppedAndStarted_HasOneLineForTheLossAndOneForTheReturn()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var server = await StartAsync(redis);
        var deployment = await server.CreateAsync();

        await redis.KillAsync();
        for (var i = 0; i < 5; i++)
            await deployment.GetAsync("k");
        await Eventually.Async(() => _log.Lines.Count > 0);
        var lost = Assert.Single(_log.Lines);
        await redis.RestartAsync();
        await Eventually.Async(async () => (await deployment.GetAsync("k")).Status == 404);
        await Eventually.Async(() => _log.Lines.Count > 1);

        Assert.Equal(LogLevel.Error, lost.Level);
        Assert.Contains($"127.0.0.1 port {redis.Port}", lost.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("StackExchange", lost.Text, StringComparison.Ordinal);
        var back = Assert.Single(_log.Lines.Skip(1));
        Assert.Equal(LogLevel.Information, back.Level);
        Assert.Contains("is back after", back.Text, StringComparison.Ordinal);
    }

    [FactWith("redis-server")]
    public async Task Log_RedisStoppedAndStarted_ChangeFeedIsConnectedOnceRedisAnswers()
    {
        var feed = new RecordingLogger<RedisChangeFeed>();
        await using var redis = await RedisServer.StartAsync();
        await redis.KillAsync();
        await using var server = await RunningServer.StartAsync(RunningServer.On(redis), replace: services => services
            .AddSingleton<ILogger<RedisAvailability>>(_log).AddSingleton<ILogger<RedisChangeFeed>>(feed));
        for (var i = 1; i <= 3; i++)
        {
            Assert.Equal(i - 1, Connected());
            await redis.RestartAsync();
            await Eventually.Async(() => Connected() == i);
            await redis.KillAsync();
            await Eventually.Async(async () => (int)(await server.Client.GetAsync("/health/ready")).StatusCode == 503);
        }

        Assert.Equal(3, Connected());

        int Connected() => feed.Lines.Count(line => line.Text == "Change feed connected.");
    }

    [FactWith("redis-server")]
    public async Task Log_ServerStopsWhileRedisHangs_HasNoLoss()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var server = await StartAsync(redis);
        await redis.PauseAsync();
        var store = server.Services.GetRequiredService<RedisConnection>();
        var calls = Enumerable.Range(0, 5).Select(
            _ => Assert.ThrowsAsync<StoreUnavailableException>(
                () => store.CallAsync(db => db.KeyTypeAsync("k"), CancellationToken.None))).ToList();

        await store.StopAsync(CancellationToken.None);

        await Task.WhenAll(calls);
        Assert.Empty(_log.Lines);
        await redis.ResumeAsync();
    }

    [FactWith("redis-server")]
    public async Task Log_NoServerAtTheStart_SaysConnectionRefused()
    {
        await using var redis = await RedisServer.StartAsync();
        await redis.KillAsync();
        await using var server = await StartAsync(redis);

        Assert.Contains("connection refused", Assert.Single(_log.Lines).Text, StringComparison.Ordinal);
    }

    [FactWith("redis-server")]
    public async Task Log_PasswordMissing_SaysNoAuth()
    {
        await using var redis = await RedisServer.StartAsync("--requirepass", "p");
        await using var server = await StartAsync(redis);

        Assert.Contains("(NOAUTH)", Assert.Single(_log.Lines).Text, StringComparison.Ordinal);
    }

    [FactWith("redis-server")]
    public async Task Log_PasswordWrong_SaysThatItIsRefused()
    {
        await using var redis = await RedisServer.StartAsync("--requirepass", "p");
        await using var server = await StartAsync(redis, password: "q");

        Assert.Contains("it refuses redis.password", Assert.Single(_log.Lines).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void ReportFailure_WhileItLasts_LogsOnceAMinute()
    {
        var (availability, time) = Create();
        var start = availability.State;
        for (var second = 0; second < 150; second++)
        {
            availability.ReportFailure(Unavailable, Refused());
            time.Advance(TimeSpan.FromSeconds(1));
        }

        availability.ReportSuccess(start);
        Assert.True(availability.IsLost);

        // One call succeeds while others fail.
        availability.ReportSuccess(availability.State);
        Assert.True(availability.IsLost);
        time.Advance(TimeSpan.FromSeconds(5));
        availability.ReportSuccess(availability.State);

        Assert.Equal(4, _log.Lines.Count);
        Assert.Contains("for 00:01:00", _log.Lines[1].Text, StringComparison.Ordinal);
        Assert.Contains("for 00:02:00", _log.Lines[2].Text, StringComparison.Ordinal);
        Assert.Contains("back after 00:02:35", _log.Lines[3].Text, StringComparison.Ordinal);
        Assert.False(availability.IsLost);
    }

    [Fact]
    public void ReportFailure_SingleTimeouts_AreNoLoss()
    {
        var (availability, _) = Create();
        for (var i = 0; i < 10; i++)
        {
            availability.ReportFailure(Unavailable, TimedOut);
            availability.ReportSuccess(availability.State);
        }

        Assert.Empty(_log.Lines);
        for (var i = 0; i < 3; i++)
            availability.ReportFailure(Unavailable, TimedOut);
        Assert.Contains("no answer in time", Assert.Single(_log.Lines).Text, StringComparison.Ordinal);
    }

    private static StoreUnavailableException Unavailable => new("unavailable");

    private static RedisTimeoutException TimedOut => new(CommandFlags.None, "", CommandStatus.Sent);

    private static RedisConnectionException Refused() => new(
        ConnectionFailureType.UnableToConnect, CommandFlags.None, "refused", innerException: null,
        CommandStatus.Unknown);

    private (RedisAvailability, FakeTimeProvider) Create()
    {
        var time = new FakeTimeProvider();
        var meters = new ServiceCollection().AddMetrics().BuildServiceProvider()
            .GetRequiredService<System.Diagnostics.Metrics.IMeterFactory>();
        return (new RedisAvailability(
            new RedisOptions { Host = "r" }, time, new StoreMetrics(meters, time), _log), time);
    }

    private Task<RunningServer> StartAsync(RedisServer redis, string? password = null)
    {
        var settings = RunningServer.On(redis);
        settings["GOT_REDIS_PASSWORD"] = password;
        return RunningServer.StartAsync(
            settings, replace: services => services.AddSingleton<ILogger<RedisAvailability>>(_log));
    }
}
