using System.Text.Json;
using Microsoft.Extensions.Time.Testing;

namespace Goterra.Tests.Api.Access;

public sealed partial class TokensTests
{
    [Fact]
    public async Task Token_Narrowed_DoesWhatItsPatternsSayAndNoMore()
    {
        var deployment = await Server.CreateAsync();
        await deployment.PutAsync("nodes/a", "1");
        await deployment.PutAsync("join_token", "2");
        await deployment.PutAsync("secret", "CANARY");
        var narrow = await NarrowAsync(deployment, """{"read":["nodes/*","join_token"],"write":["nodes/b"]}""");

        Assert.Equal("1", (await narrow.GetAsync("nodes/a?raw")).Text);
        Assert.Equal("2", (await narrow.GetAsync("join_token?raw")).Text);
        Assert.Equal(200, (await narrow.PutAsync("nodes/b", "3")).Status);
        Assert.Equal(200, (await narrow.DeleteAsync("nodes/b")).Status);
        Assert.Equal(200, (await narrow.GetAsync("?filter=nodes/&count=1")).Status);
        Assert.Equal(200, (await narrow.GetAsync("?filter=nodes/a")).Status);
        Assert.Equal(["join_token", "nodes/a"], KeysOf(await narrow.GetAsync("")));
        Assert.Equal(["join_token", "nodes/a"], KeysOf(await narrow.GetAsync("?values=false")));

        foreach (var refused in new[]
        {
            await narrow.GetAsync("secret"),
            await narrow.GetAsync("join_token/x"),
            await narrow.GetAsync("?filter=n"),
            await narrow.GetAsync("?filter=join_token"),
            await narrow.GetAsync("?filter=s&count=1"),
            await narrow.GetAsync("nodes/a?fail=s&wait=1"),
            await narrow.PutAsync("nodes/a", "x"),
            await narrow.PutAsync("join_token", "x"),
            await narrow.DeleteAsync("nodes/a"),
            await narrow.DeleteAsync(),
            await narrow.PostAsync("resume"),
            await narrow.PostAsync("revoke"),
            await narrow.PostAsync("tickets", """{"full":true}"""),
            await narrow.PostAsync("token", """{"read":["nodes/*"]}"""),
            await narrow.PostAsync("token", """{"ttl":"1h"}"""),
        })
        {
            Assert.Equal(403, refused.Status);
            Assert.DoesNotContain("CANARY", refused.Text, StringComparison.Ordinal);
        }

        Assert.Equal("CANARY", (await deployment.GetAsync("secret?raw")).Text);
        Assert.Equal(200, (await narrow.PostAsync("fail", """{"reason":"no disk"}""")).Status);
    }

    [Fact]
    public async Task Token_WriteAlone_ReadsNothing()
    {
        var deployment = await Server.CreateAsync();
        await deployment.PutAsync("status/a", "CANARY");
        var writer = await NarrowAsync(deployment, """{"write":["status/*"],"fail":false}""");

        var written = await writer.PutAsync("status/b", "up");
        Assert.Equal(200, written.Status);
        Assert.Equal(403, (await writer.GetAsync("status/b")).Status);
        Assert.Equal(403, (await writer.GetAsync("status/b?wait=1")).Status);
        Assert.Empty(KeysOf(await writer.GetAsync("")));
        Assert.Equal(403, (await writer.GetAsync("?filter=status/")).Status);
        var conflict = await writer.PutAsync("status/a", "x", ("If-None-Match", "*"));
        Assert.Equal((412, (string?)null), (conflict.Status, conflict.ETag));
        Assert.Equal(403, (await writer.PostAsync("fail", """{"reason":"x"}""")).Status);
    }

    [Fact]
    public async Task Token_NarrowedOfADeletedDeployment_Is410BeforeItsScope()
    {
        var deployment = await Server.CreateAsync();
        var narrow = await NarrowAsync(deployment, """{"read":["a"]}""");
        await deployment.DeleteAsync();

        Assert.Equal(410, (await narrow.GetAsync("b")).Status);
        Assert.Equal(410, (await narrow.DeleteAsync()).Status);
        Assert.Equal(410, (await narrow.PostAsync("token")).Status);
    }

    [Fact]
    public async Task Token_NarrowedAndRenewed_EndsWithItsFirstLifetime()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var server = await RunningServer.StartAsync(time: time);
        var deployment = await server.CreateAsync(new { ttl = "7d" });
        var made = (await deployment.PostAsync("token", """{"ttl":"2h","read":["a"]}""")).Json;
        var narrow = server.Open(deployment.Id, made.GetProperty("token").GetString()!);
        time.Advance(TimeSpan.FromHours(1));

        var renewed = (await narrow.PostAsync("token")).Json;

        Assert.Equal(
            made.GetProperty("expires").GetDateTimeOffset(), renewed.GetProperty("expires").GetDateTimeOffset());
        var second = server.Open(deployment.Id, renewed.GetProperty("token").GetString()!);
        Assert.Equal(403, (await second.GetAsync("b")).Status);
        time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(401, (await second.GetAsync("a")).Status);
        Assert.Equal(401, (await second.PostAsync("token")).Status);
        Assert.Equal(200, (await deployment.GetAsync("")).Status);
    }

    [Fact]
    public async Task Narrowed_AgainstEveryAnswer_SeesNothingOfOtherKeys()
    {
        var deployment = await Server.CreateAsync();
        await deployment.PutAsync("mine/a", "1");
        await deployment.PutAsync("CANARYKEY", "CANARYVALUE");
        var narrow = await NarrowAsync(deployment, """{"read":["mine/*"],"write":["mine/*"]}""");
        await using var events = await WatchedEvents.OpenAsync(narrow, "0");
        var others = deployment.GetAsync("CANARYKEYS?wait=10m");
        var own = narrow.GetAsync("mine/CANARYKEx?wait=10m");
        await Server.WaitersAsync(2);
        await deployment.PutAsync("CANARYKEY", "CANARYVALUE2");
        await deployment.DeleteAsync("CANARYKEY");
        await deployment.PutAsync("CANARYKEY", "CANARYVALUE3");
        await deployment.PostAsync("tickets", """{"name":"CANARYTICKET","full":true}""");

        var listing = await narrow.GetAsync("?security=true");
        var texts = new List<string> { listing.Text };
        string[] paths =
        [
            "CANARYKEY", "?filter=C", "?filter=C&count=1", "mine/b?fail=CANARY&wait=1", "CANARYKEY?wait=1",
            "CANARYKEY?raw", "mine/b?pending=503",
        ];
        foreach (var path in paths)
            texts.Add((await narrow.GetAsync(path)).Text);
        texts.Add((await narrow.PutAsync("CANARYKEY", "x", ("If-None-Match", "*"))).Text);
        texts.Add((await narrow.DeleteAsync("CANARYKEY", ("If-Match", "\"1.0\""))).Text);
        texts.Add((await narrow.PutAsync("mine/b", "x", ("If-Match", "\"1.0\""))).Text);

        Assert.Equal(
            "mine/CANARYKEx",
            Assert.Single(listing.Json.GetProperty("waiting").EnumerateArray()).GetProperty("key").GetString());
        Assert.All(
            texts,
            text => Assert.DoesNotContain(
                "CANARY", text.Replace("mine/CANARYKEx", "", StringComparison.Ordinal), StringComparison.Ordinal));
        Assert.Empty(listing.Json.GetProperty("security").EnumerateArray());

        // A renewed token still sees its own waits. A full credential sees all waits.
        var renewed = Server.Open(
            deployment.Id, (await narrow.PostAsync("token")).Json.GetProperty("token").GetString()!);
        Assert.Single((await renewed.GetAsync("")).Json.GetProperty("waiting").EnumerateArray());
        Assert.Equal(2, (await deployment.GetAsync("")).Json.GetProperty("waiting").GetArrayLength());

        await deployment.PutAsync("mine/CANARYKEx", "2");
        Assert.Equal(200, (await own).Status);
        var seen = new List<StreamEvent>();
        while (seen.Count(one => one.Type == "put") < 2)
            seen.Add(await events.NextAsync());
        await deployment.DeleteAsync();
        Assert.Equal(410, (await others).Status);
        seen.AddRange(await events.ReadToEndAsync());
        Assert.Equal(
            ["put mine/a", "put mine/CANARYKEx"],
            seen.Where(one => one.Type == "put").Select(
                one => $"put {JsonDocument.Parse(one.Data).RootElement.GetProperty("key").GetString()}"));
        Assert.All(
            seen.Concat(events.Snapshots),
            one => Assert.DoesNotContain(
                "CANARY", one.Data.Replace("mine/CANARYKEx", "", StringComparison.Ordinal), StringComparison.Ordinal));
        Assert.All(seen, one => Assert.DoesNotContain(one.Type, new[] { "token_made", "ticket_made" }));
    }

    private async Task<TestDeployment> NarrowAsync(TestDeployment deployment, string body)
    {
        var reply = await deployment.PostAsync("token", body);
        Assert.Equal(200, reply.Status);
        return Server.Open(deployment.Id, reply.Json.GetProperty("token").GetString()!);
    }

    private static string[] KeysOf(Reply listing)
    {
        Assert.Equal(200, listing.Status);
        return [.. listing.Json.GetProperty("keys").EnumerateArray().Select(
            key => key.GetProperty("key").GetString()!)];
    }
}
