namespace Goterra.Tests.Api.Access;

/// <summary>The secret is replaced while a deployment is in use.</summary>
[Trait("Category", "Api")]
public sealed class RotationTests : IDisposable
{
    private const string Old = "the old secret of these tests, longer than 32 bytes";
    private const string New = "the new secret of these tests, longer than 32 bytes";

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(true, 200)]
    [InlineData(false, 401)]
    public async Task Rotation_EmbeddedStore_ValuesStayReadableAndOldTokensCountWhereVerified(bool verify, int oldToken)
    {
        string id, token, ticket;
        await using (var server = await RunningServer.StartAsync(
            new Dictionary<string, string?> { ["GOT_SECRET"] = Old }, _folder))
        {
            var deployment = await server.CreateAsync(new { ttl = "7d", name = "before" });
            await deployment.PutAsync("k", "from before");
            await deployment.PostAsync("fail", """{"reason":"of before"}""");
            (id, token, ticket) = (
                deployment.Id, deployment.Token, await TicketsTests.TicketAsync(deployment, """{"read":["k"]}"""));
        }

        await using var rotated = await RunningServer.StartAsync(
            new Dictionary<string, string?> { ["GOT_SECRET"] = New }, _folder, yaml: Previous(verify));

        Assert.Equal(oldToken, (await rotated.Open(id, token).GetAsync("k")).Status);

        // Tickets are known by a hash, which no secret signs; what they open is told by the store.
        var machine = rotated.Open(
            id,
            (await TicketsTests.RedeemAsync(
                rotated, ticket, TicketsTests.NewMachine())).Json.GetProperty("token").GetString()!);
        Assert.Equal("from before", (await machine.GetAsync("k?raw")).Text);
        var listing = (await machine.GetAsync("")).Json;
        Assert.Equal(
            ("before", "of before"),
            (listing.GetProperty("name").GetString(), listing.GetProperty("reason").GetString()));
        if (verify)
            Assert.Equal(200, (await rotated.Open(id, token).PostAsync("token")).Status);
    }

    [FactWith("redis-server")]
    public async Task Rotation_OneInstanceAfterTheOther_WaitsGoOnAndEachReadsWhatTheOtherWrites()
    {
        await using var redis = await RedisServer.StartAsync();
        var settings = RunningServer.On(redis);
        settings["GOT_SECRET"] = Old;
        await using var first = await RunningServer.StartAsync(new Dictionary<string, string?>(settings));
        var deployment = await first.CreateAsync();
        await deployment.PutAsync("k", "old");

        // First every instance learns to read the new secret, then each begins to use it.
        await using var knows = await RunningServer.StartAsync(
            new Dictionary<string, string?>(settings),
            yaml: $"previous_secrets:\n  - secret: {New}\n    verify: true\n");
        var wait = knows.Open(deployment.Id, deployment.Token).GetAsync("later?wait=10m&raw");
        await knows.WaitersAsync(1);
        await first.StopAsync();
        settings["GOT_SECRET"] = New;
        await using var uses = await RunningServer.StartAsync(settings, yaml: Previous(verify: true));
        var renewed = uses.Open(
            deployment.Id,
            (await uses.Open(
                deployment.Id, deployment.Token).PostAsync("token")).Json.GetProperty("token").GetString()!);

        Assert.Equal(200, (await renewed.PutAsync("later", "new")).Status);

        Assert.Equal("new", (await wait).Text);
        Assert.Equal("new", (await knows.Open(deployment.Id, renewed.Token).GetAsync("later?raw")).Text);
        Assert.Equal("old", (await renewed.GetAsync("k?raw")).Text);
    }

    private static string Previous(bool verify) =>
        $"previous_secrets:\n  - secret: {Old}\n    verify: {(verify ? "true" : "false")}\n";
}
