using Microsoft.Extensions.DependencyInjection;

namespace Goterra.Tests.Api.Access;

/// <summary>Security events of misused tickets.</summary>
public sealed partial class TicketsTests
{
    [Fact]
    public async Task Redeem_AnotherMachine_IsASecurityEventOnce()
    {
        var deployment = await Server.CreateAsync();
        var ticket = await TicketAsync(deployment, """{"name":"worker-1","full":true}""");
        await RedeemAsync(Server, ticket, NewMachine());
        for (var attempt = 0; attempt < 3; attempt++)
            Assert.Equal(410, (await RedeemAsync(Server, ticket, NewMachine())).Status);

        var events = (await deployment.GetAsync("?security=true")).Json.GetProperty("security")
            .EnumerateArray().ToList();

        Assert.Equal(
            ["ticket_misused", "ticket_redeemed", "ticket_made"],
            events.Select(happened => happened.GetProperty("type").GetString()));
        Assert.All(
            events,
            happened => Assert.Equal(
                ("worker-1", "127.0.0.1"),
                (happened.GetProperty("name").GetString(), happened.GetProperty("address").GetString())));
    }

    [Fact]
    public async Task Show_SecurityNotRequested_IsAbsent()
    {
        var deployment = await Server.CreateAsync();
        await deployment.PostAsync("token");

        foreach (var query in (string[])["", "?values=false", "?security=false"])
            Assert.False((await deployment.GetAsync(query)).Json.TryGetProperty("security", out _), query);

        Assert.Equal(1, (await deployment.GetAsync("?security=true")).Json.GetProperty("security").GetArrayLength());
        Assert.Equal(400, (await deployment.GetAsync("?security=please")).Status);
    }

    [Fact]
    public async Task Security_AFloodOfRenewalsAndRedemptionsByWhoeverHasTheTicket_WashesNothingAway()
    {
        var deployment = await Server.CreateAsync();
        var ticket = await TicketAsync(deployment, """{"name":"worker-1","read":["k"]}""");
        var thief = NewMachine();
        var stolen = Server.Open(
            deployment.Id, (await RedeemAsync(Server, ticket, thief)).Json.GetProperty("token").GetString()!);
        Assert.Equal(410, (await RedeemAsync(Server, ticket, NewMachine())).Status);
        for (var i = 0; i < 220; i++)
        {
            Assert.Equal(200, (await stolen.PostAsync("token")).Status);
            Assert.Equal(200, (await RedeemAsync(Server, ticket, thief)).Status);
        }

        var types = (await deployment.GetAsync("?values=false&security=true")).Json.GetProperty("security")
            .EnumerateArray().Select(happened => happened.GetProperty("type").GetString()).ToList();

        Assert.Contains("ticket_misused", types);
        Assert.Contains("ticket_made", types);
        Assert.InRange(types.Count, 3, 103);
    }

    [Fact]
    public async Task Security_AFloodOfChanges_WashesNothingAway()
    {
        var deployment = await Server.CreateAsync();
        await deployment.PostAsync("token");
        for (var i = 0; i < 1100; i++)
            await deployment.PutAsync("k", "v");

        var happened = Assert.Single(
            (await deployment.GetAsync("?values=false&security=true")).Json.GetProperty("security").EnumerateArray());

        Assert.Equal("token_made", happened.GetProperty("type").GetString());
    }
}
