using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.Extensions.Time.Testing;

namespace Goterra.Tests.Api.Access;

/// <summary>A narrowed token does not reveal how much others write.</summary>
[Trait("Category", "Api")]
public sealed class HiddenCountsTests
{
    private const string Scope = """{"read":["mine/*"],"write":["mine/*"]}""";

    [Fact]
    public async Task Narrowed_EmbeddedStore_SeesNonceOnly() => await SeesNonceOnlyAsync(null);

    [FactWith("redis-server")]
    public async Task Narrowed_Redis_SeesNonceOnly()
    {
        await using var redis = await RedisServer.StartAsync();
        await SeesNonceOnlyAsync(RunningServer.On(redis));
    }

    [Fact]
    public async Task Fence_EmbeddedStore_TakesBothForms() => await TakesBothFormsAsync(null);

    [FactWith("redis-server")]
    public async Task Fence_Redis_TakesBothForms()
    {
        await using var redis = await RedisServer.StartAsync();
        await TakesBothFormsAsync(RunningServer.On(redis));
    }

    [Fact]
    public async Task Show_Narrowed_HasNoCountOfOthers()
    {
        await using var server = await RunningServer.StartAsync();
        var deployment = await server.CreateAsync();
        var narrow = await NarrowAsync(server, deployment);
        await deployment.PutAsync("mine/a", "1");
        var before = (await narrow.GetAsync("")).Text;
        for (var i = 0; i < 3; i++)
            await deployment.PutAsync($"theirs/{i}", "22");
        await deployment.DeleteAsync("theirs/0");

        Assert.Equal(before, (await narrow.GetAsync("")).Text);
        foreach (var path in new[] { "", "?filter=mine/&values=false", "?filter=mine/&count=1" })
        {
            var seen = (await narrow.GetAsync(path)).Json;
            Assert.False(seen.TryGetProperty("revision", out _));
            var key = Assert.Single(seen.GetProperty("keys").EnumerateArray());
            Assert.False(key.TryGetProperty("revision", out _));
            Assert.Equal(key.GetProperty("updated").GetString(), seen.GetProperty("updated").GetString());
        }

        Assert.Equal(5, (await deployment.GetAsync("")).Json.GetProperty("revision").GetInt64());
    }

    [Fact]
    public async Task Watch_Narrowed_HasOpaqueIdsAndResumesFromThem()
    {
        await using var server = await RunningServer.StartAsync();
        var deployment = await server.CreateAsync();
        var narrow = await NarrowAsync(server, deployment);
        await using var stream = await WatchedEvents.OpenAsync(narrow);
        await deployment.PutAsync("theirs/a", "1");
        await deployment.PutAsync("mine/a", "1");
        var first = await stream.NextAsync();
        await deployment.PutAsync("theirs/a", "2");
        await deployment.PutAsync("mine/b", "1");
        var second = await stream.NextAsync();

        Assert.Equal(first.Id!.Length, second.Id!.Length);
        Assert.All([first, second], happened => Assert.DoesNotMatch("^[0-9]*$", happened.Id));
        Assert.All(
            [first, second],
            happened => Assert.False(JsonDocument.Parse(happened.Data).RootElement.TryGetProperty("revision", out _)));
        await using var again = await WatchedEvents.OpenAsync(narrow, first.Id);
        Assert.Equal("mine/b", KeyOf(await again.NextAsync()));
        await using var full = await WatchedEvents.OpenAsync(deployment, second.Id);
        await deployment.PutAsync("theirs/c", "1");
        Assert.Equal("theirs/c", KeyOf(await full.NextAsync()));
    }

    [Fact]
    public async Task Watch_NarrowedWithNumber_DoesNotTellWhetherItExists()
    {
        await using var server = await RunningServer.StartAsync();
        var deployment = await server.CreateAsync();
        var narrow = await NarrowAsync(server, deployment);
        await deployment.PutAsync("mine/a", "1");
        foreach (var number in new[] { "0", "2", "3", "900000" })
        {
            await using var stream = await WatchedEvents.OpenAsync(narrow, number);
            Assert.Equal(("created", "put"), ((await stream.NextAsync()).Type, (await stream.NextAsync()).Type));
        }
    }

    [Fact]
    public async Task Watch_CursorOfAnotherDeployment_Is400()
    {
        await using var server = await RunningServer.StartAsync();
        var deployment = await server.CreateAsync();
        await using var stream = await WatchedEvents.OpenAsync(await NarrowAsync(server, deployment));
        await deployment.PutAsync("mine/a", "1");
        var id = (await stream.NextAsync()).Id!;

        var other = await server.CreateAsync();
        foreach (var wrong in new[] { id, id[..^4] + "AAAA", "AAAA", "-1" })
        {
            var reply = await other.GetAsync("", ("Accept", "text/event-stream"), ("Last-Event-ID", wrong));
            Assert.Equal(400, reply.Status);
        }
    }

    [Fact]
    public async Task Watch_OthersStoreUnreadableKeys_StillGetsHeartbeats()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var server = await RunningServer.StartAsync(time: time);
        var deployment = await server.CreateAsync();
        await using var full = await WatchedEvents.OpenAsync(deployment);
        var narrow = await NarrowAsync(server, deployment);
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(narrow.Server, $"/store/{narrow.Id}"));
        request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + narrow.Token);
        request.Headers.TryAddWithoutValidation("Accept", "text/event-stream");
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        var lines = new ConcurrentQueue<string>();
        _ = Task.Run(async () =>
        {
            while (await reader.ReadLineAsync() is { } line)
                lines.Enqueue(line);
        });
        await Eventually.Async(() => lines.Contains("retry: 1000"));

        for (var i = 0; i < 12; i++)
        {
            await deployment.PutAsync("theirs", $"{i}");
            while ((await full.NextAsync()).Type != "put")
            {
            }

            time.Advance(TimeSpan.FromSeconds(5));
        }

        await Eventually.Async(() => lines.Contains(": heartbeat"));
    }

    private static async Task SeesNonceOnlyAsync(Dictionary<string, string?>? settings)
    {
        await using var server = await RunningServer.StartAsync(settings);
        var deployment = await server.CreateAsync();
        var narrow = await NarrowAsync(server, deployment);
        var full = (await deployment.PutAsync("mine/a", "1")).ETag!;
        var nonce = $"\"{full.Trim('"').Split('.')[1]}\"";

        Assert.Equal((200, nonce), await narrow.GetAsync("mine/a") is var read ? (read.Status, read.ETag) : default);
        foreach (var known in new[] { full, nonce, "W/" + nonce })
        {
            var same = await narrow.GetAsync("mine/a", ("If-None-Match", known));
            Assert.Equal((304, nonce), (same.Status, same.ETag));
            Assert.Equal((304, full), await deployment.GetAsync("mine/a", ("If-None-Match", known)) is var reply
                ? (reply.Status, reply.ETag) : default);
        }

        var refused = await narrow.PutAsync("mine/a", "2", ("If-None-Match", "*"));
        Assert.Equal((412, nonce), (refused.Status, refused.ETag));
        var written = await narrow.PutAsync("mine/a", "2", ("If-Match", full), ("Idempotency-Key", "one"));
        Assert.Matches("^\"[0-9a-f]{16}\"$", written.ETag);
        Assert.Equal("""{"message":"done"}""", written.Text);
        var replayed = await narrow.PutAsync("mine/a", "2", ("If-Match", nonce), ("Idempotency-Key", "one"));
        Assert.Equal((written.Status, written.ETag, written.Text), (replayed.Status, replayed.ETag, replayed.Text));

        // No revision that it could guess.
        var guessed = written.ETag!.Insert(1, "77.");
        Assert.Equal(304, (await narrow.GetAsync("mine/a", ("If-None-Match", guessed))).Status);
        Assert.Equal(200, (await narrow.PutAsync("mine/a", "3", ("If-Match", guessed))).Status);
        Assert.Equal(412, (await narrow.PutAsync("mine/a", "4", ("If-Match", written.ETag!))).Status);
        var last = (await deployment.GetAsync("mine/a")).ETag!;
        Assert.Equal(200, (await narrow.DeleteAsync("mine/a", ("If-Match", last))).Status);
    }

    private static async Task TakesBothFormsAsync(Dictionary<string, string?>? settings)
    {
        await using var server = await RunningServer.StartAsync(settings);
        var deployment = await server.CreateAsync();
        var narrow = await NarrowAsync(server, deployment);
        var lease = (await narrow.PutAsync("mine/lead?ttl=1h", "me", ("If-None-Match", "*"))).ETag!;
        var full = (await deployment.GetAsync("mine/lead")).ETag!;

        foreach (var tag in new[] { lease, full })
        {
            Assert.Equal((200, lease), await narrow.PutAsync("mine/lead?ttl=1h", "me", ("If-Match", tag)) is var renewed
                ? (renewed.Status, renewed.ETag) : default);
            foreach (var writer in new[] { narrow, deployment })
                Assert.Equal(200, (await writer.PutAsync("mine/w", "x", ("Goterra-Fence", $"mine/lead {tag}"))).Status);
        }

        Assert.Equal(
            412, (await narrow.PutAsync("mine/w", "x", ("Goterra-Fence", "mine/lead \"0123456789abcdef\""))).Status);
        Assert.Equal(200, (await narrow.DeleteAsync("mine/lead", ("If-Match", lease))).Status);
    }

    private static async Task<TestDeployment> NarrowAsync(RunningServer server, TestDeployment deployment)
    {
        var made = await deployment.PostAsync("token", Scope);
        return server.Open(deployment.Id, made.Json.GetProperty("token").GetString()!);
    }

    private static string? KeyOf(StreamEvent happened) =>
        JsonDocument.Parse(happened.Data).RootElement.GetProperty("key").GetString();
}
