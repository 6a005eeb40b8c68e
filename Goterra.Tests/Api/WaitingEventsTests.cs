using System.Text.Json;
using Goterra.Core.Model;
using Goterra.Core.Waiting;
using Goterra.Infrastructure.Redis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Goterra.Tests.Api;

/// <summary>Who begins and who ends to wait, in the stream of events.</summary>
[Trait("Category", "Api")]
public sealed class WaitingEventsTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private static readonly (string, string) Worker = ("X-Client-Name", "worker-1");

    [Fact]
    public async Task Watch_WaitThatIsMet_IsShownFromBeginToEndAndLeavesLastEventIdAlone()
    {
        var deployment = await fixture.Server.CreateAsync();
        await using var stream = await WatchedEvents.OpenAsync(deployment);

        var wait = deployment.GetAsync("k?wait=10m", Worker);
        var began = await stream.NextAsync();
        await deployment.PutAsync("k", "CANARY");
        await wait;

        var put = await stream.NextAsync();
        var ended = await stream.NextAsync();
        Assert.Equal(
            ("waiting", null, "k", "127.0.0.1 worker-1", null),
            (began.Type, began.Id, Text(began, "key"), Text(began, "client"), Text(began, "result")));
        Assert.Equal(("put", "2"), (put.Type, put.Id));
        Assert.Equal(
            ("woken", null, "k", "127.0.0.1 worker-1", "met"),
            (ended.Type, ended.Id, Text(ended, "key"), Text(ended, "client"), Text(ended, "result")));
        Assert.Equal(Text(began, "since"), Text(ended, "since"));
        Assert.DoesNotContain("CANARY", ended.Data, StringComparison.Ordinal);

        await using var again = await WatchedEvents.OpenAsync(deployment, lastEventId: put.Id);
        await deployment.PutAsync("k", "v");
        Assert.Equal(("put", "3"), await again.NextAsync() is var next ? (next.Type, next.Id) : default);
    }

    [Fact]
    public async Task Watch_WaitsThatEndOtherwise_SayHow()
    {
        var deployment = await fixture.Server.CreateAsync();
        await using var stream = await WatchedEvents.OpenAsync(deployment);

        Assert.Equal(404, (await deployment.GetAsync("?filter=nodes/&count=3&wait=1", Worker)).Status);
        var barrier = await stream.NextAsync();
        Assert.Equal(("waiting", "nodes/", "3"), (barrier.Type, Text(barrier, "prefix"), Text(barrier, "count")));
        Assert.Equal(("woken", "timed_out"), await NextResultAsync(stream));

        using (var client = new HttpClient())
        using (var hangingUp = new CancellationTokenSource())
        {
            client.DefaultRequestHeaders.Authorization = new("Bearer", deployment.Token);
            var left = client.GetAsync(
                new Uri(deployment.Server, $"/store/{deployment.Id}/k?wait=10m"), hangingUp.Token);
            Assert.Equal(("waiting", null), await NextResultAsync(stream));
            await hangingUp.CancelAsync();
            Assert.Equal(("woken", "left"), await NextResultAsync(stream));
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => left);
        }

        var failing = deployment.GetAsync("k?wait=10m");
        Assert.Equal(("waiting", null), await NextResultAsync(stream));
        await deployment.PostAsync("fail", """{"reason":"no disk"}""");
        Assert.Equal(424, (await failing).Status);
        Assert.Equal("failed", (await stream.NextAsync()).Type);
        Assert.Equal(("woken", "failed"), await NextResultAsync(stream));
    }

    [Fact]
    public async Task Watch_MoreWaitsAtOnceThanAreKept_ShowsTheLastAndSaysHowManyNot()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var server = await RunningServer.StartAsync(time: time);
        var deployment = await server.CreateAsync();
        await using var stream = await WatchedEvents.OpenAsync(deployment);
        var waits = new List<Task<Reply>> { deployment.GetAsync("first?wait=10m") };
        Assert.Equal("first", Text(await stream.NextAsync(), "key"));

        // Until the time goes on, nobody looks again.
        waits.AddRange(Enumerable.Range(0, 400).Select(_ => deployment.GetAsync("k?wait=10m")));
        await server.WaitersAsync(401);
        await deployment.PutAsync("other", "v");
        Assert.Equal("put", (await stream.NextAsync()).Type);
        time.Advance(TimeSpan.FromMilliseconds(250));

        var skipped = await stream.NextAsync();
        Assert.Equal(("waits_skipped", "150", null), (skipped.Type, Text(skipped, "count"), skipped.Id));
        for (var i = 0; i < 250; i++)
            Assert.Equal(("waiting", null), await NextResultAsync(stream));

        await deployment.DeleteAsync();
        await Task.WhenAll(waits);
    }

    [Fact]
    public async Task Watch_WithANarrowToken_ShowsItsOwnWaitsAndCountsNoOthers()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var server = await RunningServer.StartAsync(time: time);
        var deployment = await server.CreateAsync();
        var token = (await deployment.PostAsync("token", """{"read":["k/*"]}""")).Json
            .GetProperty("token").GetString()!;
        var narrow = server.Open(deployment.Id, token);
        await using var stream = await WatchedEvents.OpenAsync(narrow);
        await using var all = await WatchedEvents.OpenAsync(deployment);

        var waits = Enumerable.Range(0, 300).Select(_ => deployment.GetAsync("k/theirs?wait=10m")).ToList();
        await server.WaitersAsync(300);
        waits.Add(narrow.GetAsync("k/mine?wait=10m"));

        var shown = await stream.NextAsync();
        Assert.Equal(("waiting", "k/mine"), (shown.Type, Text(shown, "key")));
        Assert.Equal("k/theirs", Text(await all.NextAsync(), "key"));
        await deployment.DeleteAsync();
        await Task.WhenAll(waits);
        Assert.DoesNotContain(
            await stream.ReadToEndAsync(),
            happened => happened.Data.Contains("theirs", StringComparison.Ordinal) || happened.Type == "waits_skipped");
    }

    [Fact]
    public async Task Watch_Ended_LeavesNothingBehind()
    {
        var deployment = await fixture.Server.CreateAsync();
        var notifications = fixture.Server.Services.GetRequiredService<WaitRegistry>().Notifications;
        var id = DeploymentId.Parse(deployment.Id);
        await using (await WatchedEvents.OpenAsync(deployment))
            Assert.Contains(id, notifications.Subscribed);

        await Eventually.Async(() => !notifications.Subscribed.Contains(id));
    }

    [FactWith("redis-server")]
    public async Task Watch_WaitsWithAnotherInstance_AreShownWhenItShowsThem()
    {
        // The instances show each other who waits when this test says so.
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var redis = await RedisServer.StartAsync();
        await using var one = await RunningServer.StartAsync(RunningServer.On(redis), time: time);
        await using var two = await RunningServer.StartAsync(RunningServer.On(redis), time: time);
        var here = await one.CreateAsync();
        var there = two.Open(here.Id, here.Token);
        var early = there.GetAsync("early?wait=10m");
        await two.WaitersAsync(1);
        await using var stream = await WatchedEvents.OpenAsync(here);
        await FlushAsync(two, one);
        Assert.Equal("early", Text(await stream.NextAsync(), "key"));
        time.Advance(TimeSpan.FromMilliseconds(250));

        var wait = there.GetAsync("k?wait=10m", Worker);
        await two.WaitersAsync(2);
        await FlushAsync(two, one);
        var began = await stream.NextAsync();
        Assert.Equal(("waiting", "k", "127.0.0.1 worker-1"), (began.Type, Text(began, "key"), Text(began, "client")));

        await here.PutAsync("k", "v");
        await wait;
        await two.WaitersAsync(1);
        await FlushAsync(two, one);
        time.Advance(TimeSpan.FromMilliseconds(250));
        Assert.Equal("put", (await stream.NextAsync()).Type);
        Assert.Equal(("woken", "unknown"), await NextResultAsync(stream));
        await here.DeleteAsync();
        await early;
    }

    [Fact]
    public async Task Watch_WaitOfManyRequests_BeginsAndEndsOnce()
    {
        var deployment = await fixture.Server.CreateAsync();
        await using var stream = await WatchedEvents.OpenAsync(deployment);
        (string, string)[] headers = [("X-Wait-Id", "w-1"), ("X-Wait-Left", "30m"), Worker];

        Assert.Equal(404, (await deployment.GetAsync("k?wait=1", headers)).Status);
        Assert.Equal(404, (await deployment.GetAsync("k?wait=1", headers)).Status);
        var last = deployment.GetAsync("k?wait=10m", headers);
        await fixture.Server.WaitersAsync(1);
        await deployment.PutAsync("k", "v");
        await last;

        Assert.Equal("waiting", (await stream.NextAsync()).Type);
        Assert.Equal("put", (await stream.NextAsync()).Type);
        Assert.Equal(("woken", "met"), await NextResultAsync(stream));
    }

    [Fact]
    public async Task Watch_WaitThatIsNotContinued_EndsAfterAWhile()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var server = await RunningServer.StartAsync(time: time);
        var deployment = await server.CreateAsync();
        await using var stream = await WatchedEvents.OpenAsync(deployment);
        var request = deployment.GetAsync("k?wait=1", ("X-Wait-Id", "w-1"), ("X-Wait-Left", "30m"));
        Assert.Equal("waiting", (await stream.NextAsync()).Type);
        await server.WaitersAsync(1);
        time.Advance(TimeSpan.FromSeconds(1));
        await request;

        var next = NextResultAsync(stream);
        await Eventually.Async(() =>
        {
            time.Advance(TimeSpan.FromSeconds(3));
            return next.IsCompleted;
        });

        Assert.Equal(("woken", "timed_out"), await next);
    }

    private static async Task<(string Type, string? Result)> NextResultAsync(WatchedEvents stream)
    {
        var happened = await stream.NextAsync();
        return (happened.Type, Text(happened, "result"));
    }

    private static string? Text(StreamEvent happened, string member) =>
        JsonDocument.Parse(happened.Data).RootElement.TryGetProperty(member, out var value) ? value.ToString() : null;

    private static async Task FlushAsync(params RunningServer[] servers)
    {
        foreach (var server in servers)
            await server.Services.GetRequiredService<RedisWaitingBoard>().FlushAsync(CancellationToken.None);
    }
}
