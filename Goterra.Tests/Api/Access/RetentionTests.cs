using System.Net.Http.Json;

namespace Goterra.Tests.Api.Access;

/// <summary>How long deployments live where the configuration has a say.</summary>
[Trait("Category", "Api")]
public sealed class RetentionTests
{
    private static readonly Dictionary<string, string?> Bounded =
        new() { ["GOT_RETENTION_DEFAULT"] = "2h", ["GOT_RETENTION_MAXIMUM"] = "3h" };

    [Fact]
    public async Task Create_WithinTheMaximum_LivesAsLongAsItsCreatorSays()
    {
        await using var server = await RunningServer.StartAsync(Bounded);

        Assert.InRange(
            await LeftAsync(await server.CreateAsync(new { ttl = "3h" })), TimeSpan.FromHours(2.9),
            TimeSpan.FromHours(3));
    }

    [Fact]
    public async Task Create_LongerThanTheMaximum_Is400AndSaysWhatIsAllowed()
    {
        await using var server = await RunningServer.StartAsync(Bounded);

        var reply = await Reply.OfAsync(await server.Client.PostAsJsonAsync("/store", new { ttl = "181m" }));

        Assert.Equal(400, reply.Status);
        Assert.Contains("10800s (retention.maximum)", reply.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Create_AnonymousWithoutTtl_EndsWithItsTokenButNeverAfterTheMaximum()
    {
        await using var server = await RunningServer.StartAsync(Bounded);
        var deployment = await server.CreateAsync();

        Assert.InRange(await LeftAsync(deployment), TimeSpan.FromHours(2.9), TimeSpan.FromHours(3));
        await deployment.PostAsync("token");
        Assert.InRange(await LeftAsync(deployment), TimeSpan.FromHours(2.9), TimeSpan.FromHours(3));
    }

    [Theory]
    [InlineData("2h", "3h", 2)]
    [InlineData(null, "3h", 3)]
    [InlineData(null, null, 0)]
    public async Task Create_UserWithoutTtl_LivesAsConfigured(string? standard, string? longest, int hours)
    {
        var key = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData("key-of-alice"u8));
        await using var server = await RunningServer.StartAsync(
            new Dictionary<string, string?>
            {
                ["GOT_RETENTION_DEFAULT"] = standard,
                ["GOT_RETENTION_MAXIMUM"] = longest,
            },
            yaml: $"users:\n  - uid: alice\n    key_sha256: {key}\n");

        var created = (await server.CreateAsAsync("key-of-alice")).Json;

        if (hours == 0)
            Assert.Equal(System.Text.Json.JsonValueKind.Null, created.GetProperty("deployment_expires").ValueKind);
        else
            Assert.InRange(
                created.GetProperty("deployment_expires").GetDateTimeOffset() - TimeProvider.System.GetUtcNow(),
                TimeSpan.FromHours(hours - 0.1), TimeSpan.FromHours(hours));
    }

    [Fact]
    public async Task Deployment_TimeOver_EndsItsWaitsAndStreamsAndIsGone()
    {
        await using var server = await RunningServer.StartAsync();
        var deployment = await server.CreateAsync(new { ttl = "2s" });
        await using var events = await WatchedEvents.OpenAsync(deployment);

        var wait = await deployment.GetAsync("k?wait=10m");

        Assert.Equal(410, wait.Status);
        Assert.Equal("ended", (await events.ReadToEndAsync())[^1].Type);
        Assert.Equal(410, (await deployment.PostAsync("token")).Status);
    }

    private static async Task<TimeSpan> LeftAsync(TestDeployment deployment) =>
        (await deployment.GetAsync("")).Json.GetProperty(
            "deployment_expires").GetDateTimeOffset() - TimeProvider.System.GetUtcNow();
}
