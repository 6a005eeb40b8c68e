namespace Goterra.Tests.Api.Access;

/// <summary>The scope that shows everything but the values.</summary>
[Trait("Category", "Api")]
public sealed class ObserveTests
{
    private const string Canary = "CANARY";

    private static readonly (string Method, string Path, string? Body)[] Refused =
    [
        ("GET", "k", null),
        ("GET", "k?raw", null),
        ("GET", "k?encoding=base64", null),
        ("GET", "k?wait=1", null),
        ("GET", "absent?wait=1&fail=failed/", null),
        ("HEAD", "k", null),
        ("GET", "?filter=k", null),
        ("GET", "?filter=k&values=true&encoding=base64", null),
        ("GET", "?filter=k&count=1", null),
        ("GET", "?filter=k&count=9&values=false&wait=1&fail=failed/", null),
        ("PUT", "", """{"key":"k","value":"v"}"""),
        ("PUT", "k", "v"),
        ("DELETE", "k", null),
        ("POST", "fail", """{"reason":"r"}"""),
        ("POST", "resume", null),
        ("POST", "revoke", null),
        ("POST", "token", """{"read":["k"]}"""),
        ("POST", "token", """{"observe":true,"ttl":"1h"}"""),
        ("POST", "tickets", """{"full":true}"""),
        ("DELETE", "", null),
    ];

    [Theory, ClassData(typeof(EachStoreData))]
    public async Task EachRoute_ObservingToken_ShowsNoValueAndChangesNothing(StoreKind kind)
    {
        await using var store = await Servers.StartAsync(kind);
        var deployment = await store.One.CreateAsync();
        await deployment.PutAsync("k", Canary);
        await deployment.PutAsync("failed/worker-2", Canary);
        var observer = await ObserverAsync(store.Two, deployment);

        foreach (var (method, path, body) in Refused)
        {
            var reply = await Reply.OfAsync(await observer.SendAsync(
                new HttpMethod(method), path, body is null ? null : new StringContent(body)));
            Assert.True(reply.Status == 403, $"{method} {path}: {reply.Status} {reply.Text}");
            Assert.DoesNotContain(Canary, reply.Text, StringComparison.Ordinal);
            Assert.Null(reply.ETag);
        }

        foreach (var query in (string[])
            ["", "?values=true", "?encoding=base64", "?security=true", "?filter=k&values=false",
                "?filter=k&count=1&values=false"])
        {
            var listing = await observer.GetAsync(query);
            Assert.Equal(200, listing.Status);
            Assert.DoesNotContain(Canary, listing.Text, StringComparison.Ordinal);
            Assert.False(listing.Json.TryGetProperty("deployment", out _), query);
            Assert.Equal("k", listing.Json.GetProperty("keys").EnumerateArray().Last().GetProperty("key").GetString());
        }

        Assert.Empty((await observer.GetAsync("?security=true")).Json.GetProperty("security").EnumerateArray());
        Assert.Equal(403, (await observer.GetAsync($"/store/-/tickets/{deployment.Id}")).Status);
        Assert.Equal(Canary, (await deployment.GetAsync("k?raw")).Text);
    }

    [Fact]
    public async Task Show_ObservingToken_SeesTheWaitsAndHintsOfAll()
    {
        await using var server = await RunningServer.StartAsync();
        var deployment = await server.CreateAsync();
        await deployment.PutAsync("join_token", "v");
        var narrowed = server.Open(
            deployment.Id,
            (await deployment.PostAsync("token", """{"read":["join_tokn"]}""")).Json.GetProperty("token").GetString()!);
        var observer = await ObserverAsync(server, deployment);
        Task<Reply>[] waits = [deployment.GetAsync("join_tokn?wait=10m"), narrowed.GetAsync("join_tokn?wait=10m")];
        await server.WaitersAsync(2);

        var shown = (await observer.GetAsync("")).Json;

        Assert.Equal(2, shown.GetProperty("waiting").GetArrayLength());
        Assert.Contains(
            "`join_token`", shown.GetProperty("hints")[0].GetString(), StringComparison.Ordinal);
        await deployment.DeleteAsync();
        await Task.WhenAll(waits);
    }

    [Fact]
    public async Task Watch_ObservingToken_SeesAllKeysButNoSecurityEvents()
    {
        await using var server = await RunningServer.StartAsync();
        var deployment = await server.CreateAsync();
        await using var stream = await WatchedEvents.OpenAsync(await ObserverAsync(server, deployment));

        await deployment.PostAsync("token");
        await deployment.PutAsync("k", Canary);
        var events = await stream.TakeAsync(1);
        await deployment.DeleteAsync();

        events.AddRange(await stream.ReadToEndAsync());
        Assert.Equal(["put", "ended"], events.Select(happened => happened.Type));
        Assert.DoesNotContain(
            Canary, string.Concat(events.Select(happened => happened.Data)), StringComparison.Ordinal);
    }

    [Theory, ClassData(typeof(EachStoreData))]
    public async Task Renew_ObservingTokenOfATicket_StillOnlyObserves(StoreKind kind)
    {
        await using var store = await Servers.StartAsync(kind);
        var deployment = await store.One.CreateAsync();
        await deployment.PutAsync("k", "v");
        var ticket = await TicketsTests.TicketAsync(deployment, """{"observe":true}""");
        var redeemed = store.Two.Open(
            deployment.Id,
            (await TicketsTests.RedeemAsync(store.Two, ticket, TicketsTests.NewMachine())).Json.GetProperty("token")
                .GetString()!);

        var renewed = store.Two.Open(
            deployment.Id, (await redeemed.PostAsync("token")).Json.GetProperty("token").GetString()!);

        foreach (var observer in (TestDeployment[])[redeemed, renewed])
        {
            Assert.Equal(1, (await observer.GetAsync("")).Json.GetProperty("keys").GetArrayLength());
            Assert.Equal(403, (await observer.GetAsync("k")).Status);
        }

        await deployment.PostAsync("revoke");
        Assert.Equal(401, (await renewed.GetAsync("")).Status);
    }

    [Theory]
    [InlineData("token", """{"observe":true,"read":["k"]}""")]
    [InlineData("token", """{"observe":true,"fail":false}""")]
    [InlineData("tickets", """{"observe":true,"full":true}""")]
    [InlineData("tickets", """{"observe":true,"write":["k"]}""")]
    [InlineData("tickets", """{"observe":false}""")]
    public async Task Make_ContradictoryScope_Is400(string action, string body)
    {
        await using var server = await RunningServer.StartAsync();

        Assert.Equal(400, (await (await server.CreateAsync()).PostAsync(action, body)).Status);
    }

    private static async Task<TestDeployment> ObserverAsync(RunningServer server, TestDeployment deployment) =>
        server.Open(
            deployment.Id,
            (await deployment.PostAsync("token", """{"observe":true}""")).Json.GetProperty("token").GetString()!);
}
