using System.Text.Json;

namespace Goterra.Tests.Api;

/// <summary>The state at the start of an event stream.</summary>
[Trait("Category", "Api")]
public sealed class SnapshotTests
{
    [Theory, ClassData(typeof(EachStoreData))]
    public async Task Watch_WaitThatBeganBefore_IsInTheSnapshot(StoreKind kind)
    {
        await using var store = await Servers.StartAsync(kind);
        var deployment = await store.One.CreateAsync();
        await deployment.PutAsync("join_token", "CANARY");
        await deployment.PostAsync("fail", """{"reason":"no disk"}""");
        await deployment.PostAsync("resume");
        var wait = deployment.GetAsync("join_tokn?wait=10m", ("X-Client-Name", "worker-1"));
        await store.One.WaitersAsync(1);

        await using var stream = await WatchedEvents.OpenAsync(deployment);
        var snapshot = await stream.SnapshotAsync();

        Assert.Null(snapshot.Id);
        Assert.DoesNotContain("CANARY", snapshot.Data, StringComparison.Ordinal);
        var data = JsonDocument.Parse(snapshot.Data).RootElement;
        Assert.Equal(
            ("snapshot", "active", 1, false),
            (data.GetProperty("type").GetString(), data.GetProperty("state").GetString(),
                data.GetProperty("revision").GetInt64(), data.GetProperty("more").GetBoolean()));
        Assert.Equal("join_token", data.GetProperty("keys")[0].GetProperty("key").GetString());
        Assert.Equal("127.0.0.1 worker-1", data.GetProperty("waiting")[0].GetProperty("client").GetString());
        Assert.Contains("`join_token`", data.GetProperty("hints")[0].GetString(), StringComparison.Ordinal);
        await deployment.PutAsync("join_tokn", "v");
        Assert.Equal("put", (await stream.NextAsync()).Type);
        Assert.Equal("woken", (await stream.NextAsync()).Type);
        Assert.Single(stream.Snapshots);
        await wait;
    }

    [Theory, ClassData(typeof(EachStoreData))]
    public async Task Watch_FromLastEventId_ReplaysBeforeTheSnapshot(StoreKind kind)
    {
        await using var store = await Servers.StartAsync(kind);
        var deployment = await store.One.CreateAsync();
        for (var i = 0; i < 3; i++)
            await deployment.PutAsync($"k{i}", "v");

        await using var stream = await WatchedEvents.OpenAsync(deployment, lastEventId: "2");

        Assert.Equal(("3", "4"), ((await stream.NextAsync()).Id, (await stream.NextAsync()).Id));
        Assert.Empty(stream.Snapshots);
        var data = JsonDocument.Parse((await stream.SnapshotAsync()).Data).RootElement;
        Assert.Equal(3, data.GetProperty("keys").GetArrayLength());
        await deployment.PutAsync("live", "v");
        Assert.Equal("5", (await stream.NextAsync()).Id);
    }

    [Fact]
    public async Task Watch_NarrowedCaller_SeesItsKeysAndWaitsOnly()
    {
        await using var server = await RunningServer.StartAsync();
        var deployment = await server.CreateAsync();
        await deployment.PutAsync("mine", "v", ("X-Client-Name", "CANARY"));
        await deployment.PutAsync("CANARY", "v");
        var narrowed = server.Open(
            deployment.Id,
            (await deployment.PostAsync("token", """{"read":["mine*"]}""")).Json.GetProperty("token").GetString()!);
        Task<Reply>[] waits = [deployment.GetAsync("CANARY2?wait=10m"), narrowed.GetAsync("mine2?wait=10m")];
        await server.WaitersAsync(2);

        await using var stream = await WatchedEvents.OpenAsync(narrowed);
        var snapshot = await stream.SnapshotAsync();

        Assert.DoesNotContain("CANARY", snapshot.Data, StringComparison.Ordinal);
        var data = JsonDocument.Parse(snapshot.Data).RootElement;
        Assert.Equal("mine", Assert.Single(data.GetProperty("keys").EnumerateArray()).GetProperty("key").GetString());
        Assert.Equal(
            "mine2", Assert.Single(data.GetProperty("waiting").EnumerateArray()).GetProperty("key").GetString());
        await deployment.DeleteAsync();
        await Task.WhenAll(waits);
    }

    [Fact]
    public async Task Watch_ManyKeys_ComeInParts()
    {
        await using var server = await RunningServer.StartAsync();
        var deployment = await server.CreateAsync();
        await Parallel.ForAsync(0, 1001, async (i, _) => await deployment.PutAsync($"k{i:0000}", "v"));

        await using var stream = await WatchedEvents.OpenAsync(deployment);
        await stream.SnapshotAsync();

        var parts = stream.Snapshots.Select(part => JsonDocument.Parse(part.Data).RootElement).ToList();
        Assert.Equal([500, 500, 1], parts.Select(part => part.GetProperty("keys").GetArrayLength()));
        Assert.Equal([true, true, false], parts.Select(part => part.GetProperty("more").GetBoolean()));
        Assert.Equal([true, false, false], parts.Select(part => part.TryGetProperty("state", out _)));
        Assert.Equal("k1000", parts[2].GetProperty("keys")[0].GetProperty("key").GetString());
    }
}
