using System.Text.Json;
using Goterra.Core.Model;
using Goterra.Core.Waiting;
using Goterra.Infrastructure;
using Goterra.Infrastructure.Redis;
using Microsoft.Extensions.DependencyInjection;

namespace Goterra.Tests.Api;

/// <summary>How long a wait goes on, and the waits that have ended.</summary>
[Trait("Category", "Api")]
public sealed class EndedWaitsTests
{
    private static readonly (string, string) Worker = ("X-Client-Name", "worker-1");

    [Theory, ClassData(typeof(EachStoreData))]
    public async Task Show_WaitsThatEnded_SayHowOnEveryInstance(StoreKind kind)
    {
        await using var store = await Servers.StartAsync(kind);
        var deployment = await store.One.CreateAsync();
        var there = store.Two.Open(deployment.Id, deployment.Token);
        Assert.Equal(404, (await deployment.GetAsync("?filter=nodes/&count=3&wait=1", Worker)).Status);
        var met = deployment.GetAsync("k?wait=10m", Worker);
        await store.One.WaitersAsync(1);
        await deployment.PutAsync("k", "CANARY");
        await met;
        var failed = there.GetAsync("later?wait=10m", Worker);
        await store.Two.WaitersAsync(1);
        await deployment.PostAsync("fail", """{"reason":"no disk"}""");
        Assert.Equal(424, (await failed).Status);
        await FlushAsync(store);

        foreach (var one in (TestDeployment[])[deployment, there])
        {
            // A flush of the server's own may be under way.
            await Eventually.Async(async () => (await EndedAsync(one)).GetArrayLength() == 3);
            var shown = await one.GetAsync("?values=false&waits=ended");
            Assert.DoesNotContain("CANARY", shown.Text, StringComparison.Ordinal);
            var ended = shown.Json.GetProperty("ended").EnumerateArray().ToList();
            Assert.Equal(
                ["failed later 127.0.0.1 worker-1", "met k 127.0.0.1 worker-1",
                    "timed_out nodes/ 127.0.0.1 worker-1"],
                ended.Select(wait => $"{Text(wait, "result")} {Text(wait, "key") ?? Text(wait, "prefix")} "
                    + Text(wait, "client")));
            Assert.All(ended, wait => Assert.True(Time(wait, "since") <= Time(wait, "ended")));
            Assert.Equal(3, ended[2].GetProperty("count").GetInt32());
        }

        Assert.False((await deployment.GetAsync("")).Json.TryGetProperty("ended", out _));
        Assert.Equal(400, (await deployment.GetAsync("?waits=all")).Status);
    }

    [Theory, ClassData(typeof(EachStoreData))]
    public async Task Show_WaitOfManyRequestsOnTwoInstances_IsOneEntry(StoreKind kind)
    {
        await using var store = await Servers.StartAsync(kind);
        var deployment = await store.One.CreateAsync();
        var there = store.Two.Open(deployment.Id, deployment.Token);
        (string, string)[] headers = [("X-Wait-Id", "w-1"), ("X-Wait-Left", "1h"), Worker];
        var first = deployment.GetAsync("k?wait=1", headers);
        await store.One.WaitersAsync(1);
        Assert.Equal(404, (await first).Status);
        Assert.Empty((await EndedAsync(deployment)).EnumerateArray());

        var second = there.GetAsync("k?wait=10m", headers);
        await store.Two.WaitersAsync(1);
        await deployment.PutAsync("k", "v");
        await second;
        await FlushAsync(store);

        await Eventually.Async(async () => (await EndedAsync(deployment)).GetArrayLength() == 1);
        Assert.Equal("met", Text((await EndedAsync(deployment))[0], "result"));
    }

    [Theory, ClassData(typeof(EachStoreData))]
    public async Task AddAsync_InstanceThatHeldItEarlierIsLate_EarlierStartAndLaterEndCount(StoreKind kind)
    {
        await using var store = await Servers.StartAsync(kind);
        var deployment = await store.One.CreateAsync();
        var id = DeploymentId.Parse(deployment.Id);
        var waits = store.One.Services.GetRequiredService<IEndedWaits>();
        var start = DateTimeOffset.FromUnixTimeSeconds(2_000_000_000);
        EndedWait Wait(int since, int ended, WaitResult result) => new(
            new Core.Waiting.WaitInfo("w", "k", null, null, start.AddSeconds(since), "client"), start.AddSeconds(ended),
            result);

        await waits.AddAsync(id, [Wait(6, 9, WaitResult.Met)], default);
        await waits.AddAsync(id, [Wait(0, 5, WaitResult.TimedOut)], default);

        var wait = Assert.Single(await waits.ListAsync(id, default));
        Assert.Equal(
            (start, start.AddSeconds(9), WaitResult.Met), (wait.Wait.Since, wait.Ended, wait.Result));
    }

    [Fact]
    public async Task Show_ClientThatLeaves_IsShownAndOnlyToThoseWhoSeeAll()
    {
        await using var server = await RunningServer.StartAsync();
        var deployment = await server.CreateAsync();
        var narrowed = await OpenAsync("""{"read":["*"]}""");
        var observer = await OpenAsync("""{"observe":true}""");
        using (var client = new HttpClient())
        using (var hangingUp = new CancellationTokenSource())
        {
            client.DefaultRequestHeaders.Authorization = new("Bearer", narrowed.Token);
            var left = client.GetAsync(
                new Uri(deployment.Server, $"/store/{deployment.Id}/k?wait=10m"), hangingUp.Token);
            await server.WaitersAsync(1);
            await hangingUp.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => left);
        }

        await Eventually.Async(async () => (await EndedAsync(deployment)).GetArrayLength() == 1);
        Assert.Equal("left", Text((await EndedAsync(observer))[0], "result"));
        Assert.Empty((await EndedAsync(narrowed)).EnumerateArray());

        async Task<TestDeployment> OpenAsync(string body) => server.Open(
            deployment.Id, (await deployment.PostAsync("token", body)).Json.GetProperty("token").GetString()!);
    }

    [Theory, ClassData(typeof(EachStoreData))]
    public async Task AddAsync_MoreThanAreKept_KeepsTheLast200(StoreKind kind)
    {
        await using var store = await Servers.StartAsync(kind);
        var deployment = await store.One.CreateAsync();
        var id = DeploymentId.Parse(deployment.Id);
        var waits = store.One.Services.GetRequiredService<IEndedWaits>();
        var now = TimeProvider.System.GetUtcNow();
        EndedWait Wait(int number) => new(
            new Core.Waiting.WaitInfo($"w{number}", $"k{number}", null, null, now, "client"), now.AddSeconds(number),
            WaitResult.TimedOut);

        await waits.AddAsync(id, [.. Enumerable.Range(0, 150).Select(Wait)], default);
        await waits.AddAsync(id, [.. Enumerable.Range(100, 150).Select(Wait)], default);
        await waits.AddAsync(DeploymentId.New(), [Wait(1)], default);

        Assert.Equal(
            Enumerable.Range(50, 200).Reverse().Select(number => $"k{number}"),
            (await EndedAsync(deployment)).EnumerateArray().Select(wait => Text(wait, "key")));
        await deployment.DeleteAsync();
        await Eventually.Async(async () => (await waits.ListAsync(id, default)).Count == 0);
    }

    [Theory]
    [InlineData("10m", null, 600)]
    [InlineData("25s", "30m", 1800)]
    [InlineData("25s", "nonsense", 25)]
    [InlineData("1h", null, 600)]
    public async Task Show_WaitInProgress_SaysUntilWhen(string wait, string? left, int seconds)
    {
        await using var server = await RunningServer.StartAsync();
        var deployment = await server.CreateAsync();
        var request = deployment.GetAsync($"k?wait={wait}", left is null ? [] : [("X-Wait-Left", left)]);
        await server.WaitersAsync(1);

        var shown = (await deployment.GetAsync("")).Json.GetProperty("waiting")[0];

        Assert.InRange(
            Time(shown, "until") - Time(shown, "since"), TimeSpan.FromSeconds(seconds - 2),
            TimeSpan.FromSeconds(seconds + 2));
        await deployment.PutAsync("k", "v");
        await request;
    }

    private static async Task FlushAsync(Servers store)
    {
        foreach (var server in new[] { store.One, store.Two })
        {
            await server.Services.GetRequiredService<EndedWaitService>().FlushAsync(CancellationToken.None);
            if (server.Services.GetService<RedisWaitingBoard>() is { } board)
                await board.FlushAsync(CancellationToken.None);
        }
    }

    private static async Task<JsonElement> EndedAsync(TestDeployment deployment) =>
        (await deployment.GetAsync("?values=false&waits=ended")).Json.GetProperty("ended");

    private static DateTimeOffset Time(JsonElement element, string name) =>
        element.GetProperty(name).GetDateTimeOffset();

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) ? value.GetString() : null;
}
