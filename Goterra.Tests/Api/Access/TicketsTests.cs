using System.Security.Cryptography;
using System.Text.Json;
using Goterra.Core.Model;
using Microsoft.Extensions.DependencyInjection;

namespace Goterra.Tests.Api.Access;

/// <summary>Single-use tickets, through HTTP.</summary>
[Trait("Category", "Api")]
public sealed partial class TicketsTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private RunningServer Server => fixture.Server;

    [Fact]
    public async Task Redeem_FirstMachine_GetsATokenAndMayComeAgain()
    {
        var deployment = await Server.CreateAsync();
        await deployment.PutAsync("join_token", "s3cret");
        await deployment.PutAsync("other", "CANARY");
        var made = await deployment.PostAsync(
            "tickets", """{"name":"worker-1","ttl":"1h","read":["join_token"],"write":["nodes/worker-1"]}""");
        var ticket = made.Json.GetProperty("ticket").GetString()!;
        Assert.Equal(200, made.Status);
        Assert.StartsWith(deployment.Id + ".", ticket, StringComparison.Ordinal);
        Assert.InRange(
            made.Json.GetProperty("expires").GetDateTimeOffset() - TimeProvider.System.GetUtcNow(),
            TimeSpan.FromMinutes(59), TimeSpan.FromHours(1));
        var machine = NewMachine();

        for (var boot = 0; boot < 2; boot++)
        {
            var redeemed = await RedeemAsync(Server, ticket, machine);
            Assert.Equal((200, deployment.Id), (redeemed.Status, redeemed.Json.GetProperty("id").GetString()));
            var worker = Server.Open(deployment.Id, redeemed.Json.GetProperty("token").GetString()!);
            Assert.Equal("s3cret", (await worker.GetAsync("join_token?raw")).Text);
            Assert.Equal(200, (await worker.PutAsync("nodes/worker-1", "10.0.0.5")).Status);
            Assert.Equal((403, 403), ((await worker.GetAsync("other")).Status, (await worker.DeleteAsync()).Status));
        }
    }

    [Fact]
    public async Task Redeem_SameMachineBetweenAWriteAndItsRepetition_GetsTheFirstAnswer()
    {
        var deployment = await Server.CreateAsync();
        var ticket = await TicketAsync(deployment, """{"read":["lock"],"write":["lock"]}""");
        var machine = NewMachine();
        (string, string)[] once = [("If-None-Match", "*"), ("Idempotency-Key", "attempt-1")];

        var first = await (await OpenAsync()).PutAsync("lock", "me", once);
        var again = await (await OpenAsync()).PutAsync("lock", "me", once);
        var second = await TokenAsync(
            await TicketAsync(deployment, """{"read":["lock"],"write":["lock"]}"""), machine);
        var other = await Server.Open(deployment.Id, second).PutAsync("lock", "me", once);

        Assert.Equal((200, 200, 422), (first.Status, again.Status, other.Status));
        Assert.Equal(first.ETag, again.ETag);

        async Task<TestDeployment> OpenAsync() => Server.Open(deployment.Id, await TokenAsync(ticket, machine));

        async Task<string> TokenAsync(string ticket, string machine) =>
            (await RedeemAsync(Server, ticket, machine)).Json.GetProperty("token").GetString()!;
    }

    [Fact]
    public async Task Redeem_Full_OpensEverything()
    {
        var deployment = await Server.CreateAsync();
        var ticket = await TicketAsync(deployment, """{"full":true}""");

        var token = (await RedeemAsync(Server, ticket, NewMachine())).Json.GetProperty("token").GetString()!;

        Assert.Equal(200, (await Server.Open(deployment.Id, token).DeleteAsync()).Status);
    }

    [Fact]
    public async Task Redeem_NeighborRetriesASpentTicket_GoodTicketsStillWork()
    {
        await using var server = await RunningServer.StartAsync(
            new Dictionary<string, string?> { ["GOT_LIMITS_FAILED_ATTEMPTS"] = "2" });
        var deployment = await server.CreateAsync();
        var spent = await TicketAsync(deployment, """{"full":true}""");
        await RedeemAsync(server, spent, NewMachine());

        for (var attempt = 0; attempt < 10; attempt++)
            Assert.Equal(410, (await RedeemAsync(server, spent, NewMachine())).Status);

        var good = await TicketAsync(deployment, """{"full":true}""");
        Assert.Equal(200, (await RedeemAsync(server, good, NewMachine())).Status);
    }

    [Fact]
    public async Task Redeem_MoreThanTheRate_Is429ThatNamesTheLimit()
    {
        await using var server = await RunningServer.StartAsync(
            new Dictionary<string, string?> { ["GOT_LIMITS_REDEMPTIONS"] = "1" });
        var deployment = await server.CreateAsync();

        var replies = await Task.WhenAll(Enumerable.Range(0, 20).Select(
            _ => RedeemAsync(server, deployment.Id + ".wrong", NewMachine())));

        var throttled = replies.First(reply => reply.Status == 429);
        Assert.Equal("redemptions", throttled.Json.GetProperty("limit").GetString());
        Assert.Equal("1", throttled.Message.Headers.RetryAfter!.ToString());
    }

    [Fact]
    public async Task Redeem_WhateverStandsAgainstIt_IsOneIdentical410()
    {
        var deployment = await Server.CreateAsync();
        var deleted = await Server.CreateAsync();
        var revoked = await Server.CreateAsync();
        var taken = await TicketAsync(deployment, """{"full":true}""");
        await RedeemAsync(Server, taken, NewMachine());
        var ofDeleted = await TicketAsync(deleted, """{"full":true}""");
        await deleted.DeleteAsync();
        var ofRevoked = await TicketAsync(revoked, """{"full":true}""");
        await revoked.PostAsync("revoke");
        var over = await TicketAsync(deployment, """{"full":true,"ttl":"1s"}""");

        // Its time is the store's: it is redeemed by its machine until it is over.
        var machine = NewMachine();
        await Eventually.Async(async () => (await RedeemAsync(Server, over, machine)).Status != 200);

        var replies = new List<Reply>
        {
            await RedeemAsync(Server, over, machine),
            await RedeemAsync(Server, taken, NewMachine()),
            await RedeemAsync(Server, ofDeleted, NewMachine()),
            await RedeemAsync(Server, ofRevoked, NewMachine()),
            await RedeemAsync(Server, $"{deployment.Id}.{NewMachine()}", NewMachine()),
            await RedeemAsync(Server, $"{DeploymentId.New()}.{NewMachine()}", NewMachine()),
            await RedeemAsync(Server, taken, NewMachine(), at: DeploymentId.New().ToString()),
            await RedeemAsync(Server, taken, NewMachine(), at: "nonsense"),
            await RedeemAsync(Server, "nonsense", NewMachine(), at: deployment.Id),
        };

        Assert.All(replies, reply => Assert.Equal((410, replies[0].Text), (reply.Status, reply.Text)));
    }

    [Fact]
    public async Task Tickets_AfterARevocation_MakeRoomForOthers()
    {
        await using var server = await RunningServer.StartAsync(
            new Dictionary<string, string?> { ["GOT_LIMITS_TICKETS"] = "2" });
        var deployment = await server.CreateAsync();
        await TicketAsync(deployment, """{"full":true}""");
        await TicketAsync(deployment, """{"full":true}""");
        Assert.Equal(413, (await deployment.PostAsync("tickets", """{"full":true}""")).Status);

        var renewed = server.Open(
            deployment.Id, (await deployment.PostAsync("revoke")).Json.GetProperty("token").GetString()!);

        await TicketAsync(renewed, """{"full":true}""");
    }

    [Theory, ClassData(typeof(EachStoreData))]
    public async Task Redeem_TwoMachinesAtOnceOnTwoInstances_ExactlyOneWinsEachTime(StoreKind kind)
    {
        await using var redis = kind == StoreKind.Redis ? await RedisServer.StartAsync() : null;

        // Who comes too late has tried a ticket in vain, which is counted by address.
        var settings = new Dictionary<string, string?>(
            redis is null ? [] : RunningServer.On(redis))
        { ["GOT_LIMITS_FAILED_ATTEMPTS"] = "1000" };
        await using var one = await RunningServer.StartAsync(settings);
        await using var other = redis is null ? null : await RunningServer.StartAsync(settings);
        var two = other ?? one;
        var deployment = await one.CreateAsync();

        for (var round = 0; round < 200; round++)
        {
            var ticket = await TicketAsync(deployment, """{"full":true}""");

            var replies = await Task.WhenAll(
                RedeemAsync(one, ticket, NewMachine()), RedeemAsync(two, ticket, NewMachine()));

            Assert.Equal([200, 410], replies.Select(reply => reply.Status).Order());
        }
    }

    [Theory]
    [InlineData("{}", "full")]
    [InlineData("""{"full":false}""", "full")]
    [InlineData("""{"full":true,"read":["a"]}""", "full")]
    [InlineData("""{"read":[],"write":[]}""", "are both empty")]
    [InlineData("""{"full":true,"name":""}""", "1 to 100 characters")]
    [InlineData("""{"full":true,"ttl":"-1s"}""", "a duration is")]
    [InlineData("""{"full":true,"scope":"x"}""", "unknown property 'scope'")]
    [InlineData("", "must be a JSON object")]
    public async Task Make_BadWishes_Are400AndSayWhatIsRight(string body, string says)
    {
        var deployment = await Server.CreateAsync();

        var reply = await deployment.PostAsync("tickets", body);

        Assert.Equal(400, reply.Status);
        Assert.Contains(says, reply.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{}", "ticket: it is required")]
    [InlineData("""{"ticket":"a.b"}""", "machine: it is required")]
    [InlineData("""{"ticket":"a.b","machine":"short"}""", "256 random bits")]
    public async Task Redeem_BadInput_Is400AndNeverRepeatsIt(string body, string says)
    {
        var reply = await Reply.OfAsync(
            await Server.Client.PostAsync($"/store/{DeploymentId.New()}/redeem", new StringContent(body)));

        Assert.Equal(400, reply.Status);
        Assert.Contains(says, reply.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain("a.b", reply.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Make_OverTheLimit_Is413UntilOneIsOver()
    {
        await using var server = await RunningServer.StartAsync(
            new Dictionary<string, string?> { ["GOT_LIMITS_TICKETS"] = "2" });
        var deployment = await server.CreateAsync();
        await TicketAsync(deployment, """{"full":true,"ttl":"1s"}""");
        await TicketAsync(deployment, """{"full":true}""");

        var reply = await deployment.PostAsync("tickets", """{"full":true}""");

        Assert.Equal((413, "tickets"), (reply.Status, reply.Json.GetProperty("limit").GetString()));
        await Eventually.Async(
            async () => (await deployment.PostAsync("tickets", """{"full":true}""")).Status != 413);
    }

    internal static string NewMachine() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));

    internal static async Task<string> TicketAsync(TestDeployment deployment, string body)
    {
        var reply = await deployment.PostAsync("tickets", body);
        Assert.Equal(200, reply.Status);
        return reply.Json.GetProperty("ticket").GetString()!;
    }

    internal static async Task<Reply> RedeemAsync(
        RunningServer server, string ticket, string machine, string? at = null) => await Reply.OfAsync(
        await server.Client.PostAsync(
            $"/store/{at ?? ticket.Split('.')[0]}/redeem",
            new StringContent(JsonSerializer.Serialize(new { ticket, machine }))));
}
