using Goterra.Tests.Api.Access;

namespace Goterra.Tests.Api;

/// <summary>Failures of several machines, through HTTP.</summary>
[Trait("Category", "Api")]
public sealed class FailureSourcesTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private RunningServer Server => fixture.Server;

    [Fact]
    public async Task Fail_TwoSources_EachIsTakenBackAlone()
    {
        var deployment = await Server.CreateAsync();
        await using var watched = await WatchedEvents.OpenAsync(deployment);
        await deployment.PostAsync("fail", """{"reason":"no disk","source":"worker-2"}""");
        await deployment.PostAsync("fail", """{"reason":"no memory","source":"worker-3"}""");

        var failed = await deployment.GetAsync("absent?wait=10m");
        Assert.Equal(
            (424, "no disk", "worker-2"),
            (failed.Status, failed.Json.GetProperty("reason").GetString(),
                failed.Json.GetProperty("source").GetString()));
        Assert.Equal(["worker-2: no disk", "worker-3: no memory"], await FailuresAsync(deployment));

        await deployment.PostAsync("resume", """{"source":"worker-2"}""");
        Assert.Equal("no memory", (await deployment.GetAsync("")).Json.GetProperty("reason").GetString());
        Assert.Equal(["worker-3: no memory"], await FailuresAsync(deployment));
        await deployment.PostAsync("resume", """{"source":"worker-3"}""");
        Assert.Equal("active", (await deployment.GetAsync("")).Json.GetProperty("state").GetString());
        Assert.Empty(await FailuresAsync(deployment));

        string[] expected =
            ["failed no disk worker-2", "failed no memory worker-3", "resumed  worker-2", "resumed  worker-3"];
        foreach (var text in expected)
            Assert.Equal(text, Short(await watched.NextAsync()));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("""{"source":null}""")]
    [InlineData("""{"reason":"of an older client"}""")]
    public async Task Resume_WithoutSource_TakesAllBack(string? body)
    {
        var deployment = await Server.CreateAsync();
        await deployment.PostAsync("fail", """{"reason":"1"}""");
        await deployment.PostAsync("fail", """{"reason":"2","source":"worker-3"}""");

        Assert.Equal(200, (await deployment.PostAsync("resume", body)).Status);

        Assert.Equal("active", (await deployment.GetAsync("")).Json.GetProperty("state").GetString());
    }

    [Theory]
    [InlineData("fail", """{"reason":"no disk","source":""}""")]
    [InlineData("fail", """{"reason":"no disk","source":"a\nb"}""")]
    [InlineData("fail", """{"reason":"no disk","source":7}""")]
    [InlineData("resume", """{"source":""}""")]
    [InlineData("resume", """{"source":["a"]}""")]
    public async Task Source_Invalid_Is400AndChangesNothing(string action, string body)
    {
        var deployment = await Server.CreateAsync();
        await deployment.PostAsync("fail", """{"reason":"no disk","source":"worker-2"}""");

        var refused = await deployment.PostAsync(action, body);

        Assert.Equal(400, refused.Status);
        Assert.True(refused.Json.GetProperty("errors").TryGetProperty("source", out _));
        Assert.Equal(["worker-2: no disk"], await FailuresAsync(deployment));
        var tooLong = $$"""{"reason":"x","source":"{{new string('a', 513)}}"}""";
        Assert.Equal(400, (await deployment.PostAsync(action, tooLong)).Status);
    }

    [Fact]
    public async Task Resume_NarrowToken_OnlyWhatItsOwnFamilyReported()
    {
        var deployment = await Server.CreateAsync();
        var worker = await NarrowAsync(deployment, """{"write":["nodes/a"]}""");
        var other = await NarrowAsync(deployment, """{"write":["nodes/a"]}""");
        await worker.PostAsync("fail", """{"reason":"no disk","source":"worker-2"}""");
        await deployment.PostAsync("fail", """{"reason":"no plan","source":"operator"}""");

        Assert.Equal(
            (403, 403, 403, 403),
            ((await other.PostAsync("resume", """{"source":"worker-2"}""")).Status,
                (await worker.PostAsync("resume", """{"source":"operator"}""")).Status,
                (await worker.PostAsync("resume")).Status,
                (await worker.PostAsync("resume", "{}")).Status));
        var renewed = Server.Open(
            deployment.Id, (await worker.PostAsync("token")).Json.GetProperty("token").GetString()!);
        Assert.Equal(200, (await renewed.PostAsync("resume", """{"source":"worker-2"}""")).Status);
        Assert.Equal(["operator: no plan"], await FailuresAsync(deployment));
    }

    [Fact]
    public async Task Resume_TicketRedeemedAgain_TakesItsOwnFailureBack()
    {
        var deployment = await Server.CreateAsync();
        var ticket = await TicketsTests.TicketAsync(deployment, """{"write":["nodes/a"]}""");
        var machine = Convert.ToBase64String(new byte[32]).Replace('+', '-').Replace('/', '_').TrimEnd('=');
        await (await BootAsync()).PostAsync("fail", """{"reason":"no disk","source":"worker-2"}""");

        Assert.Equal(200, (await (await BootAsync()).PostAsync("resume", """{"source":"worker-2"}""")).Status);

        Assert.Equal("active", (await deployment.GetAsync("")).Json.GetProperty("state").GetString());

        async Task<TestDeployment> BootAsync() => Server.Open(
            deployment.Id,
            (await TicketsTests.RedeemAsync(Server, ticket, machine)).Json.GetProperty("token").GetString()!);
    }

    [Fact]
    public async Task Fail_TooManySources_NamesTheLimit()
    {
        var deployment = await Server.CreateAsync();
        for (var i = 0; i < 1000; i++)
            await deployment.PostAsync("fail", $$"""{"reason":"no disk","source":"worker-{{i}}"}""");

        var refused = await deployment.PostAsync("fail", """{"reason":"no disk","source":"one more"}""");

        Assert.Equal(
            (413, "failures", 1000),
            (refused.Status, refused.Json.GetProperty("limit").GetString(),
                refused.Json.GetProperty("limit_value").GetInt32()));
    }

    private static async Task<string[]> FailuresAsync(TestDeployment deployment) =>
    [
        .. (await deployment.GetAsync("?values=false")).Json.GetProperty("failures").EnumerateArray().Select(failure =>
            $"{failure.GetProperty("source").GetString()}: {failure.GetProperty("reason").GetString()}"),
    ];

    private async Task<TestDeployment> NarrowAsync(TestDeployment deployment, string body) => Server.Open(
        deployment.Id, (await deployment.PostAsync("token", body)).Json.GetProperty("token").GetString()!);

    private static string Short(StreamEvent happened)
    {
        using var data = System.Text.Json.JsonDocument.Parse(happened.Data);
        return $"{happened.Type} {Text("reason")} {Text("source")}";

        string? Text(string name) => data.RootElement.TryGetProperty(name, out var found) ? found.GetString() : null;
    }
}
