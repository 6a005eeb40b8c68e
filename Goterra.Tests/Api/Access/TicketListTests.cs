using System.Text.Json;

namespace Goterra.Tests.Api.Access;

/// <summary>The list of tickets, and the revocation of a single one.</summary>
[Trait("Category", "Api")]
public sealed class TicketListTests
{
    [Theory, ClassData(typeof(EachStoreData))]
    public async Task List_AfterUseAndMisuse_SaysWhoAndWhenAndNoSecret(StoreKind kind)
    {
        await using var store = await Servers.StartAsync(kind);
        var (deployment, server) = (await store.One.CreateAsync(), store.One);
        var used = await TicketsTests.TicketAsync(
            deployment, """{"name":"worker-1","ttl":"1h","read":["join_token"],"write":["nodes/*"],"fail":false}""");
        var unused = await TicketsTests.TicketAsync(deployment, """{"full":true}""");
        await TicketsTests.RedeemAsync(server, used, TicketsTests.NewMachine());
        await TicketsTests.RedeemAsync(server, used, TicketsTests.NewMachine());
        await TicketsTests.RedeemAsync(server, used, TicketsTests.NewMachine());

        var reply = await ListAsync(deployment);

        Assert.Equal(200, reply.Status);
        Assert.DoesNotContain(used.Split('.')[1], reply.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(unused.Split('.')[1], reply.Text, StringComparison.Ordinal);
        var tickets = reply.Json.GetProperty("tickets").EnumerateArray().ToList();
        Assert.Equal(["worker-1", "unnamed"], tickets.Select(ticket => ticket.GetProperty("name").GetString()));
        Assert.Equal(
            """{"read":["join_token"],"write":["nodes/*"],"fail":false}""",
            tickets[0].GetProperty("scope").GetRawText());
        Assert.Equal("""{"full":true}""", tickets[1].GetProperty("scope").GetRawText());
        Assert.Equal((1, 0), (Misuses(tickets[0]), Misuses(tickets[1])));
        Assert.StartsWith("127.0.0.1", tickets[0].GetProperty("client").GetString(), StringComparison.Ordinal);
        Assert.InRange(
            tickets[0].GetProperty("redeemed").GetDateTimeOffset(), tickets[0].GetProperty("made").GetDateTimeOffset(),
            tickets[0].GetProperty("expires").GetDateTimeOffset());
        Assert.False(tickets[1].TryGetProperty("redeemed", out _) || tickets[1].TryGetProperty("client", out _));
    }

    [Theory, ClassData(typeof(EachStoreData))]
    public async Task Revoke_RedeemedTicket_EndsItsTokensOnEveryInstanceAndNoOthers(StoreKind kind)
    {
        await using var store = await Servers.StartAsync(kind);
        var deployment = await store.One.CreateAsync();
        await deployment.PutAsync("k", "v");
        var (lost, kept) = (
            await RedeemedAsync(store.Two, deployment, """{"name":"lost","read":["*"],"write":["*"]}"""),
            await RedeemedAsync(store.Two, deployment, """{"name":"kept","read":["*"],"write":["*"]}"""));
        var renewed = store.Two.Open(deployment.Id, await TokenAsync(lost, "token"));
        Task<Reply>[] waits = [lost.GetAsync("later?wait=10m"), renewed.GetAsync("later?wait=10m")];
        var other = kept.GetAsync("later?wait=10m");
        await store.Two.WaitersAsync(3);
        var id = await IdAsync(deployment, "lost");

        var revoked = await RevokeAsync(deployment, id);

        Assert.Equal((200, "revoked"), (revoked.Status, revoked.Json.GetProperty("message").GetString()));
        Assert.All(await Task.WhenAll(waits), wait => Assert.Equal(401, wait.Status));
        foreach (var one in (TestDeployment[])[lost, renewed])
        {
            Assert.Equal(401, (await one.GetAsync("k")).Status);
            Assert.Equal(401, (await one.GetAsync("")).Status);
            Assert.Equal(401, (await one.PutAsync("k", "x")).Status);
            Assert.Equal(401, (await one.DeleteAsync("k")).Status);
            Assert.Equal(401, (await one.PostAsync("token")).Status);
            Assert.Equal(401, (await one.PostAsync("fail", """{"reason":"r"}""")).Status);
        }

        Assert.Equal(404, (await RevokeAsync(deployment, id)).Status);
        Assert.Equal(
            "kept", (await ListAsync(deployment)).Json.GetProperty("tickets")[0].GetProperty("name").GetString());
        Assert.Equal("v", (await kept.GetAsync("k?raw")).Text);
        await deployment.PutAsync("later", "x");
        Assert.Equal(200, (await other).Status);
        var security = (await deployment.GetAsync("?security=true")).Json.GetProperty("security")[0];
        Assert.Equal(
            ("ticket_revoked", "lost"),
            (security.GetProperty("type").GetString(), security.GetProperty("name").GetString()));
    }

    [Theory, ClassData(typeof(EachStoreData))]
    public async Task Revoke_UnusedTicket_CannotBeRedeemed(StoreKind kind)
    {
        await using var store = await Servers.StartAsync(kind);
        var deployment = await store.One.CreateAsync();
        var ticket = await TicketsTests.TicketAsync(deployment, """{"full":true}""");

        Assert.Equal(200, (await RevokeAsync(deployment, await IdAsync(deployment, "unnamed"))).Status);

        Assert.Equal(410, (await TicketsTests.RedeemAsync(store.One, ticket, TicketsTests.NewMachine())).Status);
        Assert.Empty((await ListAsync(deployment)).Json.GetProperty("tickets").EnumerateArray());
    }

    [Theory, ClassData(typeof(EachStoreData))]
    public async Task Revoke_TicketWithFullScope_EndsAllThatWasMadeWithIt(StoreKind kind)
    {
        await using var store = await Servers.StartAsync(kind);
        var deployment = await store.One.CreateAsync();
        var parent = await RedeemedAsync(store.One, deployment, """{"name":"parent","full":true}""");
        var narrowed = store.One.Open(deployment.Id, await TokenAsync(parent, "token", """{"read":["*"]}"""));
        var child = await RedeemedAsync(store.One, parent, """{"name":"child","full":true}""");
        var unused = await TicketsTests.TicketAsync(child, """{"name":"grandchild","full":true}""");

        await RevokeAsync(deployment, await IdAsync(deployment, "parent"));

        foreach (var one in (TestDeployment[])[parent, narrowed, child])
            Assert.Equal(401, (await one.GetAsync("")).Status);
        Assert.Equal(410, (await TicketsTests.RedeemAsync(store.One, unused, TicketsTests.NewMachine())).Status);
        Assert.Empty((await ListAsync(deployment)).Json.GetProperty("tickets").EnumerateArray());
        Assert.Equal(200, (await deployment.GetAsync("")).Status);
    }

    [Theory, ClassData(typeof(EachStoreData))]
    public async Task Revoke_RedeemedTicket_DisarmsItsSwitchesAndNoOthers(StoreKind kind)
    {
        await using var store = await Servers.StartAsync(kind);
        var deployment = await store.One.CreateAsync();
        var lost = await RedeemedAsync(store.One, deployment, """{"name":"lost","write":["a"]}""");
        var kept = await RedeemedAsync(store.One, deployment, """{"name":"kept","write":["b"]}""");
        foreach (var (machine, key) in new[] { (lost, "a"), (kept, "b") })
        {
            var armed = await machine.PutAsync(
                $"{key}?ttl=1h&on_lapse=fail", "me", ("If-None-Match", "*"), ("Goterra-Lapse-Reason", "gone"));
            Assert.Equal("fail", armed.Json.GetProperty("on_lapse").GetString());
        }

        await RevokeAsync(deployment, await IdAsync(deployment, "lost"));

        var keys = (await deployment.GetAsync("")).Json.GetProperty("keys");
        Assert.Equal(
            [("a", false), ("b", true)],
            keys.EnumerateArray().Select(
                key => (key.GetProperty("key").GetString()!, key.TryGetProperty("on_lapse", out _))));
    }

    [Fact]
    public async Task ListAndRevoke_OtherCredentials_AreRefused()
    {
        await using var server = await RunningServer.StartAsync();
        var deployment = await server.CreateAsync();
        await TicketsTests.TicketAsync(deployment, """{"full":true}""");
        var id = await IdAsync(deployment, "unnamed");
        var narrowed = server.Open(deployment.Id, await TokenAsync(deployment, "token", """{"read":["*"]}"""));
        var foreign = server.Open(deployment.Id, (await server.CreateAsync()).Token);

        foreach (var one in (TestDeployment[])[narrowed, foreign])
        {
            Assert.Equal(403, (await ListAsync(one)).Status);
            Assert.Equal(403, (await RevokeAsync(one, id)).Status);
        }

        Assert.Equal(
            401, (int)(await server.Client.GetAsync($"/store/-/tickets/{deployment.Id}")).StatusCode);
        await deployment.DeleteAsync();
        Assert.Equal(410, (await ListAsync(deployment)).Status);
        Assert.Equal(410, (await RevokeAsync(deployment, id)).Status);
    }

    [Fact]
    public async Task Get_KeyNamedTickets_IsAValue()
    {
        await using var server = await RunningServer.StartAsync();
        var deployment = await server.CreateAsync();
        await deployment.PutAsync("tickets", "v");

        Assert.Equal("v", (await deployment.GetAsync("tickets?raw")).Text);
    }

    private static int Misuses(JsonElement ticket) => ticket.GetProperty("misuses").GetInt32();

    private static Task<Reply> ListAsync(TestDeployment deployment) =>
        deployment.GetAsync($"/store/-/tickets/{deployment.Id}");

    private static Task<Reply> RevokeAsync(TestDeployment deployment, string id) =>
        deployment.DeleteAsync($"/store/-/tickets/{deployment.Id}/{id}");

    private static async Task<string> IdAsync(TestDeployment deployment, string name) =>
        (await ListAsync(deployment)).Json.GetProperty("tickets").EnumerateArray()
        .Single(ticket => ticket.GetProperty("name").GetString() == name).GetProperty("id").GetString()!;

    private static async Task<string> TokenAsync(TestDeployment deployment, string action, string? body = null) =>
        (await deployment.PostAsync(action, body)).Json.GetProperty("token").GetString()!;

    private static async Task<TestDeployment> RedeemedAsync(
        RunningServer server, TestDeployment deployment, string body)
    {
        var ticket = await TicketsTests.TicketAsync(deployment, body);
        var redeemed = await TicketsTests.RedeemAsync(server, ticket, TicketsTests.NewMachine());
        return server.Open(deployment.Id, redeemed.Json.GetProperty("token").GetString()!);
    }
}
