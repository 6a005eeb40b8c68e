using Goterra.Tests.Hosting;

namespace Goterra.Tests.Api;

/// <summary>Leases and fences through HTTP.</summary>
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
        Assert.Equal(expires, (await deployment.GetAsync("")).Json.GetProperty("keys")[0].GetProperty("expires").GetDateTimeOffset());
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
        Assert.Equal(412, (await Reply.OfAsync(await deployment.SendAsync(HttpMethod.Put, "", new StringContent("""{"key":"work","value":"3"}"""), fence))).Status);
        Assert.Equal("1", (await deployment.GetAsync("work?raw")).Text);
    }

    [Fact]
    public async Task Fence_KeyOutOfReach_Is403()
    {
        var deployment = await fixture.Server.CreateAsync();
        var taken = await deployment.PutAsync("leader?ttl=1m", "me", ("If-None-Match", "*"));
        var token = (await deployment.PostAsync("token", """{"write":["work"]}""")).Json.GetProperty("token").GetString()!;

        Assert.Equal(403, (await fixture.Server.Open(deployment.Id, token).PutAsync("work", "1", ("Goterra-Fence", $"leader {taken.ETag}"))).Status);
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
