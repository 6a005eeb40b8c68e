using System.Text.Json;

namespace Goterra.Tests.Api;

[Trait("Category", "Api")]
public sealed class BarrierTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private RunningServer Server => fixture.Server;

    [Fact]
    public async Task Gather_EnoughKeys_AnswersThemAtOnce()
    {
        var deployment = await Server.CreateAsync();
        foreach (var key in new[] { "nodes/a", "nodes/b", "other" })
            await deployment.PutAsync(key, "at " + key);

        var reply = await deployment.GetAsync("?filter=nodes/&count=2&wait=10m");

        Assert.Equal(200, reply.Status);
        Assert.Equal(
            ["nodes/a", "nodes/b"], reply.Json.GetProperty("deployment").EnumerateObject().Select(value => value.Name));
    }

    [Fact]
    public async Task Gather_KeysCome_IsAnsweredWithTheLastOneAndNoSooner()
    {
        var deployment = await Server.CreateAsync();
        var waits = Enumerable.Range(0, 5).Select(_ => deployment.GetAsync("?filter=nodes/&count=3&wait=10m")).ToList();
        await Server.WaitersAsync(5);

        await deployment.PutAsync("nodes/a", "1");
        await deployment.PutAsync("nodes/b", "1");
        await deployment.PutAsync("nodes/b", "a rewrite counts once");
        await deployment.PutAsync("elsewhere", "1");
        var unmet = await deployment.GetAsync("?filter=nodes/&count=3");
        Assert.Equal((404, "2 of 3 keys exist."), (unmet.Status, unmet.Detail));
        Assert.DoesNotContain(waits, wait => wait.IsCompleted);
        await deployment.PutAsync("nodes/c", "1");

        Assert.All(await Task.WhenAll(waits), reply =>
        {
            Assert.Equal(200, reply.Status);
            Assert.Equal(3, reply.Json.GetProperty("deployment").Deserialize<Dictionary<string, string>>()!.Count);
        });
        await Server.WaitersAsync(0);
    }

    [Fact]
    public async Task Gather_TimeOver_Is404ThatSaysHowFar()
    {
        var deployment = await Server.CreateAsync();
        await deployment.PutAsync("nodes/a", "1");

        var reply = await deployment.GetAsync("?filter=nodes/&count=2&wait=1");

        Assert.Equal((404, "1 of 2 keys exist."), (reply.Status, reply.Detail));
    }

    [Fact]
    public async Task Gather_WithoutValues_LeavesThemOut()
    {
        var deployment = await Server.CreateAsync();
        await deployment.PutAsync("nodes/a", "CANARY");

        var reply = await deployment.GetAsync("?filter=nodes/&count=1&values=false");

        Assert.Equal(200, reply.Status);
        Assert.DoesNotContain("CANARY", reply.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("?filter=a&count=10000", 404)]
    [InlineData("?filter=a&count=10001", 400)]
    [InlineData("?filter=a&count=1000001", 400)]
    public async Task Gather_LargeCount_IsTakenUpToTheLimitOfKeys(string query, int status)
    {
        var deployment = await Server.CreateAsync();

        Assert.Equal(status, (await deployment.GetAsync(query)).Status);
    }

    [Theory]
    [InlineData("?count=2")]
    [InlineData("?wait=10")]
    [InlineData("?filter=a&count=0")]
    [InlineData("?filter=a&count=-1")]
    [InlineData("?filter=a&count=many")]
    public async Task Gather_Malformed_Is400(string query)
    {
        var deployment = await Server.CreateAsync();

        var reply = await deployment.GetAsync(query);

        Assert.Equal(400, reply.Status);
        Assert.Equal("count", Assert.Single(reply.Json.GetProperty("errors").EnumerateObject()).Name);
    }
}
