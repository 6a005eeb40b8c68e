using System.Diagnostics;

namespace Goterra.Tests.EndToEnd.Api;

/// <summary>Leases and fences through HTTP.</summary>
[Trait("Category", "EndToEnd")]
public sealed class LeasesTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    [Fact]
    public async Task Put_WithTtl_IsALeaseThatTellsItsEnd()
    {
        var deployment = await fixture.Server.CreateAsync();

        var taken = await deployment.PutAsync("leader?ttl=30s", "me", ("If-None-Match", "*"));

        Assert.Equal(200, taken.Status);
        var expires = taken.Json.GetProperty("expires").GetDateTimeOffset();
        Assert.Equal(expires, (await deployment.GetAsync("leader")).Json.GetProperty("expires").GetDateTimeOffset());
        Assert.Equal(
            expires,
            (await deployment.GetAsync("")).Json.GetProperty("keys")[0].GetProperty("expires").GetDateTimeOffset());
        var refused = await deployment.PutAsync("leader", "you");
        Assert.Equal(409, refused.Status);
        Assert.Contains("is a lease until", refused.Detail, StringComparison.Ordinal);
        Assert.Equal(409, (await deployment.DeleteAsync("leader")).Status);
        Assert.Equal(412, (await deployment.PutAsync("leader?ttl=30s", "you", ("If-None-Match", "*"))).Status);
        var renewed = await deployment.PutAsync("leader?ttl=60s", "me", ("If-Match", taken.ETag!));
        Assert.Equal((200, taken.ETag), (renewed.Status, renewed.ETag));
        Assert.Equal(200, (await deployment.DeleteAsync("leader", ("If-Match", taken.ETag!))).Status);
    }

    [Fact]
    public async Task Put_WithoutTtl_TellsNoEnd()
    {
        var deployment = await fixture.Server.CreateAsync();
        await deployment.PutAsync("k", "v");

        Assert.DoesNotContain("expires", (await deployment.GetAsync("k")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Wait_ForTheEndOfALease_IsWokenByIt()
    {
        var deployment = await fixture.Server.CreateAsync();
        await using var events = await WatchedEvents.OpenAsync(deployment);
        var taken = await deployment.PutAsync("leader?ttl=1s", "me", ("If-None-Match", "*"));

        var over = await deployment.GetAsync("leader?wait=10m", ("If-None-Match", taken.ETag!));

        Assert.Equal(404, over.Status);
        var types = new List<string>();
        while (!types.Contains("expired"))
            types.Add((await events.NextAsync()).Type);
    }

    [Fact]
    public async Task Fence_LeaseOver_Is412AndNothingIsWritten()
    {
        var deployment = await fixture.Server.CreateAsync();
        var taken = await deployment.PutAsync("roles/the%20leader?ttl=1s", "me", ("If-None-Match", "*"));
        var fence = ("Goterra-Fence", $"roles/the%20leader {taken.ETag}");
        Assert.Equal(200, (await deployment.PutAsync("work", "1", fence)).Status);
        await deployment.GetAsync("roles/the%20leader?wait=10m", ("If-None-Match", taken.ETag!));

        var put = await deployment.PutAsync("work", "2", fence);

        Assert.Equal(412, put.Status);
        Assert.Contains("fence", put.Detail, StringComparison.Ordinal);
        Assert.Equal(412, (await deployment.DeleteAsync("work", fence)).Status);
        var json = new StringContent("""{"key":"work","value":"3"}""");
        Assert.Equal(412, (await Reply.OfAsync(await deployment.SendAsync(HttpMethod.Put, "", json, fence))).Status);
        Assert.Equal("1", (await deployment.GetAsync("work?raw")).Text);
    }

    [Fact]
    public async Task Over_NotSwept_IsAbsentToEverything()
    {
        await using var server = await RunningServer.StartAsync(time: new TimeWithoutTimers());
        var deployment = await server.CreateAsync();
        var taken = await deployment.PutAsync("failed/leader?ttl=1s", "me", ("If-None-Match", "*"));
        await Eventually.Async(async () => (await deployment.GetAsync("failed/leader")).Status != 200);

        var listing = (await deployment.GetAsync("")).Json;
        Assert.Empty(listing.GetProperty("keys").EnumerateArray());
        Assert.Empty(listing.GetProperty("deployment").EnumerateObject());
        Assert.Equal(404, (await deployment.GetAsync("?filter=failed/&count=1")).Status);
        Assert.Equal(404, (await deployment.GetAsync("other?fail=failed/")).Status);
        Assert.Equal(404, (await deployment.GetAsync("failed/leader", ("If-None-Match", taken.ETag!))).Status);
        Assert.Equal(412, (await deployment.PutAsync("failed/leader?ttl=30s", "me", ("If-Match", taken.ETag!))).Status);
        Assert.Equal(412, (await deployment.PutAsync("failed/leader", "me", ("If-Match", "*"))).Status);
        Assert.Equal(412, (await deployment.DeleteAsync("failed/leader", ("If-Match", taken.ETag!))).Status);
        Assert.Equal(404, (await deployment.DeleteAsync("failed/leader")).Status);
        Assert.Equal(200, (await deployment.PutAsync("failed/leader", "an ordinary value")).Status);
    }

    [FactWith("redis-server")]
    public async Task End_InstanceThatGaveTheLeaseWasKilled_WakesTheWaitOnTheOther()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var two = await RunningServer.StartAsync(RunningServer.On(redis));
        using var folder = new TempFolder();
        Reply taken;
        TestDeployment there;
        await using (var one = await ServerProcess.StartAsync(
            folder, [.. RunningServer.On(redis).Select(setting => (setting.Key, setting.Value!))]))
        {
            var here = await one.CreateAsync();
            there = two.Open(here.Id, here.Token);
            taken = await here.PutAsync("leader?ttl=2s", "me", ("If-None-Match", "*"));
            await one.KillAsync();
        }

        Assert.Equal(404, (await there.GetAsync("leader?wait=10m", ("If-None-Match", taken.ETag!))).Status);
        Assert.Equal(200, (await there.PutAsync("leader?ttl=30s", "you", ("If-None-Match", "*"))).Status);
    }

    [FactWith("bash", "curl")]
    public async Task Leader_StoppedPastItsLease_ChangesNothingWhenItGoesOn()
    {
        var deployment = await fixture.Server.CreateAsync();
        using var leader = Process.Start(
            new ProcessStartInfo("bash") { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        await leader.StandardInput.WriteAsync($$"""
            send() { curl -sS -o /dev/null -w '%{http_code}\n' -H 'Authorization: Bearer {{deployment.Token}}' "$@"; }
            store={{deployment.Server}}store/{{deployment.Id}}
            tag=$(curl -sS -D - -o /dev/null -H 'Authorization: Bearer {{deployment.Token}}' \
                -H 'If-None-Match: *' -X PUT -d me "$store/leader?ttl=3s" | tr -d '\r' | sed -n 's/^ETag: //p')
            echo "$tag"
            while [ "$(send -H "If-Match: $tag" -X PUT -d me "$store/leader?ttl=3s")" = 200 ]; do sleep 0.2; done
            send -H "If-Match: $tag" -X PUT -d me "$store/leader?ttl=3s"
            send -H "Goterra-Fence: leader $tag" -X PUT -d late "$store/work"
            send -H "If-Match: $tag" -X DELETE "$store/leader"

            """);
        leader.StandardInput.Close();
        var tag = (await leader.StandardOutput.ReadLineAsync())!;
        Assert.Equal(200, (await deployment.PutAsync("work", "in time", ("Goterra-Fence", $"leader {tag}"))).Status);

        Signals.Send(leader.Id, "STOP");
        Assert.Equal(404, (await deployment.GetAsync("leader?wait=10m", ("If-None-Match", tag))).Status);
        Assert.Equal(200, (await deployment.PutAsync("leader?ttl=10m", "successor", ("If-None-Match", "*"))).Status);
        Signals.Send(leader.Id, "CONT");

        Assert.Equal("412\n412\n412\n", await leader.StandardOutput.ReadToEndAsync());
        Assert.Equal("successor", (await deployment.GetAsync("leader?raw")).Text);
        Assert.Equal("in time", (await deployment.GetAsync("work?raw")).Text);
    }

    [Fact]
    public async Task Fence_KeyOutOfReach_Is403()
    {
        var deployment = await fixture.Server.CreateAsync();
        var taken = await deployment.PutAsync("leader?ttl=1m", "me", ("If-None-Match", "*"));
        var token = (await deployment.PostAsync("token", """{"write":["work"]}""")).Json
            .GetProperty("token").GetString()!;

        Assert.Equal(
            403,
            (await fixture.Server.Open(deployment.Id, token).PutAsync(
                "work", "1", ("Goterra-Fence", $"leader {taken.ETag}"))).Status);
    }

    [Theory]
    [InlineData("k?ttl=", null, "ttl")]
    [InlineData("k?ttl=soon", null, "ttl")]
    [InlineData("k?ttl=0", null, "ttl")]
    [InlineData("k?ttl=25h", null, "ttl")]
    [InlineData("k", "leader", "Goterra-Fence")]
    [InlineData("k", "leader 1.2", "Goterra-Fence")]
    [InlineData("k", "leader *", "Goterra-Fence")]
    [InlineData("k", "/leader \"1.2\"", "Goterra-Fence")]
    [InlineData("k", "a%zz \"1.2\"", "Goterra-Fence")]
    public async Task Put_BadTerms_Are400AndNamed(string target, string? fence, string field)
    {
        var deployment = await fixture.Server.CreateAsync();

        var reply = await deployment.PutAsync(target, "v", fence is null ? [] : [("Goterra-Fence", fence)]);

        Assert.Equal(400, reply.Status);
        Assert.True(reply.Json.GetProperty("errors").TryGetProperty(field, out _));
        Assert.Equal(404, (await deployment.GetAsync("k")).Status);
    }
}
