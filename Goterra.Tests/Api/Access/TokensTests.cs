using System.Text.Json;
using Goterra.Infrastructure.Sqlite;
using Microsoft.Extensions.DependencyInjection;

namespace Goterra.Tests.Api.Access;

/// <summary>Renewal, narrower tokens, revocation, through HTTP.</summary>
[Trait("Category", "Api")]
public sealed partial class TokensTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private RunningServer Server => fixture.Server;

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("{}")]
    public async Task Token_NoWishes_IsARenewalAndTheOldOneStaysGood(string? body)
    {
        var deployment = await Server.CreateAsync();

        var reply = await deployment.PostAsync("token", body);

        Assert.Equal(200, reply.Status);
        Assert.Equal(deployment.Id, reply.Json.GetProperty("id").GetString());
        Assert.Equal(
            Server.Address.ToString().TrimEnd('/'),
            reply.Json.GetProperty("url").GetString()!.Replace("localhost", "127.0.0.1", StringComparison.Ordinal));
        var renewed = Server.Open(deployment.Id, reply.Json.GetProperty("token").GetString()!);
        Assert.Equal(200, (await renewed.PutAsync("k", "v")).Status);
        Assert.Equal(200, (await renewed.PostAsync("token")).Status);
        Assert.Equal("v", (await deployment.GetAsync("k?raw")).Text);
    }

    [Fact]
    public async Task Token_OfAnAnonymousDeployment_LivesOnWithItsLastToken()
    {
        var deployment = await Server.CreateAsync();
        var soon = TimeProvider.System.GetUtcNow().AddHours(1);
        await SetAsync(Server, deployment, "expires", soon);

        var renewal = (await deployment.PostAsync("token")).Json;

        var then = renewal.GetProperty("deployment_expires").GetDateTimeOffset();
        Assert.InRange(then - soon, TimeSpan.FromHours(22.5), TimeSpan.FromHours(23.5));
        Assert.Equal(then, (await deployment.GetAsync("")).Json.GetProperty("deployment_expires").GetDateTimeOffset());
    }

    [Fact]
    public async Task Token_DeploymentWithItsOwnEnd_EndsThenAllTheSame()
    {
        var deployment = await Server.CreateAsync(new { ttl = "3h" });
        var ends = (await deployment.GetAsync("")).Json.GetProperty("deployment_expires").GetDateTimeOffset();

        Assert.Equal(
            ends, (await deployment.PostAsync("token")).Json.GetProperty("deployment_expires").GetDateTimeOffset());
    }

    [Fact]
    public async Task Token_DeploymentTooOld_Is403AndSaysWhoCan()
    {
        await using var server = await RunningServer.StartAsync(
            new Dictionary<string, string?> { ["GOT_TOKEN_RENEWABLE_FOR"] = "1m" });
        var deployment = await server.CreateAsync();
        await SetAsync(server, deployment, "created", DateTimeOffset.UnixEpoch);

        var reply = await deployment.PostAsync("token");

        Assert.Equal(403, reply.Status);
        Assert.Contains("API key", reply.Detail, StringComparison.Ordinal);

        // What it could live to anyway, it may hand on.
        var narrower = (await deployment.PostAsync("token", """{"ttl":"9999d","read":["a"]}""")).Json;
        Assert.InRange(
            narrower.GetProperty("expires").GetDateTimeOffset() - TimeProvider.System.GetUtcNow(),
            TimeSpan.FromHours(23), TimeSpan.FromHours(24));
    }

    [Theory]
    [InlineData("""{"read":[]}""", "are both empty")]
    [InlineData("""{"read":["a*b"]}""", "only one '*', at its end")]
    [InlineData("""{"read":["/a"]}""", "must not start or end")]
    [InlineData("""{"read":[null]}""", "the key is empty")]
    [InlineData("""{"read":"a"}""", "read: it must be a list of strings")]
    [InlineData("""{"write":[1]}""", "write[0]: it must be a string")]
    [InlineData("""{"fail":false}""", "fail: it requires 'read' or 'write'")]
    [InlineData("""{"fail":"no","read":["a"]}""", "fail: it must be true or false")]
    [InlineData("""{"ttl":"soon"}""", "ttl: a duration is")]
    [InlineData("""{"ttl":"0s","read":["a"]}""", "minimum is 1s")]
    [InlineData("""{"read":["a"],"read":["b"]}""", "duplicate property 'read'")]
    [InlineData("""{"reads":["a"]}""", "unknown property 'reads'")]
    public async Task Token_BadWishes_Are400AndSayWhatIsRight(string body, string says)
    {
        var deployment = await Server.CreateAsync();

        var reply = await deployment.PostAsync("token", body);

        Assert.Equal(400, reply.Status);
        Assert.Contains(says, reply.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Token_TooManyPatterns_Is400AndSaysHowMany()
    {
        var deployment = await Server.CreateAsync();
        string Body(int count, int length) =>
            JsonSerializer.Serialize(
                new { read = Enumerable.Range(0, count).Select(i => new string('k', length - 2) + $"{i:00}") });

        Assert.Equal(200, (await deployment.PostAsync("token", Body(32, 62))).Status);
        Assert.Contains("32", (await deployment.PostAsync("token", Body(33, 10))).Detail, StringComparison.Ordinal);
        Assert.Contains(
            "2,000 bytes", (await deployment.PostAsync("token", Body(4, 510))).Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Revoke_EveryTokenAndWaitSoFar_EndsWith401()
    {
        var deployment = await Server.CreateAsync();
        await deployment.PutAsync("k", "v");
        var renewed = Server.Open(
            deployment.Id, (await deployment.PostAsync("token")).Json.GetProperty("token").GetString()!);
        var narrow = await NarrowAsync(deployment, """{"read":["*"]}""");
        await using var events = await WatchedEvents.OpenAsync(renewed);
        Task<Reply>[] waits =
            [deployment.GetAsync("absent?wait=10m"), narrow.GetAsync("absent?wait=10m"), renewed.GetAsync(
                "?filter=n/&count=2&wait=10m")];
        await Server.WaitersAsync(3);

        var reply = await deployment.PostAsync("revoke");

        Assert.Equal(200, reply.Status);
        Assert.All(await Task.WhenAll(waits), wait => Assert.Equal(401, wait.Status));
        Assert.Equal("unauthorized", (await events.ReadToEndAsync())[^1].Type);
        foreach (var old in new[] { deployment, renewed, narrow })
        {
            Assert.Equal(401, (await old.GetAsync("k")).Status);
            Assert.Equal(401, (await old.PutAsync("k", "x")).Status);
            Assert.Equal(401, (await old.PostAsync("token")).Status);
            Assert.Equal(401, (await old.PostAsync("revoke")).Status);
        }

        var fresh = Server.Open(deployment.Id, reply.Json.GetProperty("token").GetString()!);
        Assert.Equal("v", (await fresh.GetAsync("k?raw")).Text);
    }

    [FactWith("redis-server")]
    public async Task Revoke_AgainstRenewalsOnTwoInstances_NoOldTokenWorksAfterwards()
    {
        var settings = default(Dictionary<string, string?>);
        await using var redis = await RedisServer.StartAsync();
        settings = RunningServer.On(redis);
        await using var one = await RunningServer.StartAsync(settings);
        await using var two = await RunningServer.StartAsync(settings);
        var owner = await one.CreateAsync();

        for (var round = 0; round < 20; round++)
        {
            // Everybody renews what he has, over and over, until he is told that it was revoked.
            var racing = Enumerable.Range(0, 16).Select(async i =>
            {
                var server = i % 2 == 0 ? one : two;
                var mine = server.Open(owner.Id, owner.Token);
                while (await mine.PostAsync("token") is { Status: 200 } renewed)
                    mine = server.Open(owner.Id, renewed.Json.GetProperty("token").GetString()!);
                return mine;
            }).ToList();
            var revoked = await two.Open(owner.Id, owner.Token).PostAsync("revoke");
            Assert.Equal(200, revoked.Status);

            foreach (var old in await Task.WhenAll(racing))
                Assert.Equal(401, (await one.Open(owner.Id, old.Token).GetAsync("")).Status);
            owner = one.Open(owner.Id, revoked.Json.GetProperty("token").GetString()!);
            Assert.Equal(200, (await owner.GetAsync("")).Status);
        }
    }

    private static Task<int> SetAsync(
        RunningServer server, TestDeployment deployment, string field, DateTimeOffset time) =>
        server.Services.GetRequiredService<SqliteStore>().WriteAsync(session =>
            session.Execute(
                $"UPDATE deployments SET {field} = ?2 WHERE id = ?1", deployment.Id, time.ToUnixTimeMilliseconds()));
}
