namespace Goterra.Tests.Api;

[Trait("Category", "Api")]
public sealed class EventsTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    [Fact]
    public async Task Watch_EverythingThatHappens_IsShownInOrderAndNoValue()
    {
        var deployment = await fixture.Server.CreateAsync();
        await using var stream = await WatchedEvents.OpenAsync(deployment);

        await deployment.PutAsync("a", "CANARY");
        await deployment.PutAsync("a", "CANARY");
        await deployment.DeleteAsync("a");
        await deployment.SendAsync(HttpMethod.Post, "fail", new StringContent("""{"reason":"no disk"}"""));
        await deployment.SendAsync(HttpMethod.Post, "resume");
        var events = await stream.TakeAsync(5);
        await deployment.DeleteAsync();

        events.AddRange(await stream.ReadToEndAsync());
        Assert.Equal(
            ["put a 1", "put a 2", "deleted a 3", "failed  3 no disk", "resumed  3", "ended"], events.Select(Short));
        Assert.Equal(["2", "3", "4", "5", "6"], events.Take(5).Select(happened => happened.Id));
        Assert.DoesNotContain(
            "CANARY", string.Concat(events.Select(happened => happened.Data)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Watch_FromLastEventId_ReplaysAndGoesOnLive()
    {
        var deployment = await fixture.Server.CreateAsync();
        for (var i = 0; i < 5; i++)
            await deployment.PutAsync($"k{i}", "v");

        await using var stream = await WatchedEvents.OpenAsync(deployment, lastEventId: "3");
        Assert.Equal(
            ["put k2 3", "put k3 4", "put k4 5"],
            [Short(await stream.NextAsync()), Short(await stream.NextAsync()), Short(await stream.NextAsync())]);

        await deployment.PutAsync("live", "v");
        Assert.Equal("put live 6", Short(await stream.NextAsync()));
    }

    [Fact]
    public async Task Watch_OlderThanWhatIsKept_SaysSoAndShowsTheRest()
    {
        var deployment = await fixture.Server.CreateAsync();
        await Parallel.ForAsync(
            0, 1010, new ParallelOptions { MaxDegreeOfParallelism = 16 },
            async (i, _) => await deployment.PutAsync($"k{i % 7}", "v"));
        await using var stream = await WatchedEvents.OpenAsync(deployment, lastEventId: "1");

        Assert.Equal("reset", (await stream.NextAsync()).Type);
        for (var i = 0; i < 1000; i++)
            Assert.Equal($"{12 + i}", (await stream.NextAsync()).Id);
    }

    [Fact]
    public async Task Watch_ManyWatchers_AllSeeTheSame()
    {
        var deployment = await fixture.Server.CreateAsync();
        var streams = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => WatchedEvents.OpenAsync(deployment)));

        await Parallel.ForAsync(0, 100, async (i, _) => await deployment.PutAsync($"k{i}", "v"));

        foreach (var stream in streams)
        {
            for (var i = 1; i <= 100; i++)
                Assert.EndsWith($" {i}", Short(await stream.NextAsync()), StringComparison.Ordinal);
            await stream.DisposeAsync();
        }
    }

    [Fact]
    public async Task Watch_Refused_IsAProblem()
    {
        var deployment = await fixture.Server.CreateAsync();
        var bad = await deployment.GetAsync("", ("Accept", "text/event-stream"), ("Last-Event-ID", "yesterday"));
        Assert.Equal((400, "application/problem+json"), (bad.Status, bad.Type));

        await deployment.DeleteAsync();
        var gone = await deployment.GetAsync("", ("Accept", "text/event-stream"));
        Assert.Equal((410, "application/problem+json"), (gone.Status, gone.Type));
    }

    [FactWith("redis-server")]
    public async Task Watch_ChangesOnAnotherInstance_AreShown()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var one = await RunningServer.StartAsync(RunningServer.On(redis));
        await using var two = await RunningServer.StartAsync(RunningServer.On(redis));
        var here = await one.CreateAsync();
        await using var stream = await WatchedEvents.OpenAsync(two.Open(here.Id, here.Token));

        await here.PutAsync("k", "v");

        Assert.Equal("put k 1", Short(await stream.NextAsync()));
    }

    private static string Short(StreamEvent happened)
    {
        var data = System.Text.Json.JsonDocument.Parse(happened.Data).RootElement;
        Assert.Equal(happened.Type, data.GetProperty("type").GetString());
        if (happened.Type == "ended")
            return "ended";

        var text =
            $"{happened.Type} {(data.TryGetProperty("key", out var key) ? key.GetString() : "")} "
                + $"{data.GetProperty("revision").GetInt64()}";
        return data.TryGetProperty("reason", out var reason) ? $"{text} {reason.GetString()}" : text;
    }
}
