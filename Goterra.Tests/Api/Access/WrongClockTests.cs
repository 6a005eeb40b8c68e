using System.Collections.Concurrent;
using Goterra.Api.Hosting;
using Goterra.Infrastructure.Redis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Goterra.Tests.Api.Access;

/// <summary>Instances whose clocks are wrong.</summary>
[Trait("Category", "Api")]
public sealed class WrongClockTests
{
    [FactWith("redis-server")]
    public async Task Tokens_InstancesWithOtherClocks_FollowTheClockOfRedis()
    {
        await using var redis = await RedisServer.StartAsync();
        var settings = RunningServer.On(redis);
        var now = TimeProvider.System.GetUtcNow();
        await using var behind = await RunningServer.StartAsync(settings, time: new FakeTimeProvider(now.AddYears(-5)));
        await using var ahead = await RunningServer.StartAsync(settings, time: new FakeTimeProvider(now.AddYears(5)));

        foreach (var server in new[] { behind, ahead })
        {
            var made = await server.CreateAsync(new { ttl = "7d" });
            await made.PutAsync("k", "v");
            foreach (var other in new[] { behind, ahead })
            {
                var deployment = other.Open(made.Id, made.Token);
                Assert.Equal("v", (await deployment.GetAsync("k?raw")).Text);
                var renewed = await deployment.PostAsync("token");
                Assert.InRange(
                    renewed.Json.GetProperty("expires").GetDateTimeOffset(), now.AddHours(23), now.AddHours(25));
                var narrow = await deployment.PostAsync("token", """{"ttl":"1h","read":["k"]}""");
                Assert.InRange(
                    narrow.Json.GetProperty("expires").GetDateTimeOffset(), now.AddMinutes(59), now.AddMinutes(62));
                var token = narrow.Json.GetProperty("token").GetString()!;
                Assert.Equal(200, (await other.Open(made.Id, token).GetAsync("k")).Status);
            }
        }
    }

    [FactWith("redis-server")]
    public async Task CreateAsync_RepeatedOnAnInstanceWithAnotherClock_FollowsTheClockOfRedis()
    {
        await using var redis = await RedisServer.StartAsync();
        var settings = RunningServer.On(redis);
        var now = TimeProvider.System.GetUtcNow();
        await using var behind = await RunningServer.StartAsync(settings, time: new FakeTimeProvider(now.AddYears(-5)));
        await using var ahead = await RunningServer.StartAsync(settings, time: new FakeTimeProvider(now.AddYears(5)));
        (string, string) key = ("Idempotency-Key", new string('k', 40));

        var first = await ahead.AsAsync("", HttpMethod.Post, "/store", key);
        var again = await behind.AsAsync("", HttpMethod.Post, "/store", key);

        Assert.Equal((200, 200), (first.Status, again.Status));
        Assert.Equal(first.Json.GetProperty("id").GetString(), again.Json.GetProperty("id").GetString());
        Assert.All([first, again], reply => Assert.InRange(
            reply.Json.GetProperty("expires").GetDateTimeOffset(), now.AddHours(23), now.AddHours(25)));
    }

    [FactWith("redis-server")]
    public async Task Waiting_InstancesWithOtherClocks_SeeEachOther()
    {
        await using var redis = await RedisServer.StartAsync();
        var settings = RunningServer.On(redis);
        var now = TimeProvider.System.GetUtcNow();
        var log = new Lines<RedisWaitingBoard>();
        await using var one = await RunningServer.StartAsync(
            settings, time: new FakeTimeProvider(now.AddMinutes(5)),
            replace: services => services.AddSingleton<ILogger<RedisWaitingBoard>>(log));
        await using var two = await RunningServer.StartAsync(settings, time: new FakeTimeProvider(now.AddSeconds(-25)));
        var here = await one.CreateAsync();
        var wait = here.GetAsync("k?wait=10m");
        await one.WaitersAsync(1);
        foreach (var server in new[] { one, two, one, two })
            await server.Services.GetRequiredService<RedisWaitingBoard>().FlushAsync(CancellationToken.None);

        var seen = (await two.Open(here.Id, here.Token).GetAsync("")).Json.GetProperty("waiting");

        Assert.Equal(1, seen.GetArrayLength());
        Assert.Single(log, line => line.Contains("ahead of that of Redis", StringComparison.Ordinal));
        await here.DeleteAsync();
        await wait;
    }

    [Theory]
    [InlineData(5, "set forward")]
    [InlineData(-5, "set back")]
    public async Task ClockWatch_ClockIsSet_LogsIt(int hours, string expected)
    {
        var time = new JumpingTime();
        var log = new Lines<ClockWatch>();
        await using var server = await RunningServer.StartAsync(
            time: time, replace: services => services.AddSingleton<ILogger<ClockWatch>>(log));

        // Again and again: the watch may not have begun.
        await Eventually.Async(() =>
        {
            time.Jump += TimeSpan.FromHours(hours);
            time.Advance(TimeSpan.FromSeconds(10));
            return log.Any(line => line.Contains(expected, StringComparison.Ordinal));
        });
    }

    [Fact]
    public async Task Get_TokenExpired_SaysWhen()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero));
        await using var server = await RunningServer.StartAsync(time: time);
        var deployment = await server.CreateAsync(new { ttl = "30d" });
        time.Advance(TimeSpan.FromHours(24));

        foreach (var reply in new[]
        {
            await deployment.GetAsync("k"),
            await deployment.GetAsync(""),
            await deployment.PutAsync("k", "v"),
            await deployment.PostAsync("token"),
            await deployment.PostAsync("revoke"),
            await deployment.PutAsync("a//b", "v"),
        })
        {
            Assert.Equal(401, reply.Status);
            Assert.StartsWith("This token has expired", reply.Detail, StringComparison.Ordinal);
        }

        Assert.Contains("2020-01-02T00:00:00Z", (await deployment.PutAsync("k", "v")).Detail, StringComparison.Ordinal);
    }

    private sealed class JumpingTime() : FakeTimeProvider(TimeProvider.System.GetUtcNow())
    {
        /// <summary>By how much the wall clock was set.</summary>
        public TimeSpan Jump { get; set; }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Jump;

        public override long GetTimestamp() => base.GetUtcNow().Ticks;
    }

    private sealed class Lines<T> : ConcurrentQueue<string>, ILogger<T>
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter) =>
            Enqueue(formatter(state, exception));
    }
}
