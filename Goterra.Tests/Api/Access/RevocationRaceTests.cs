namespace Goterra.Tests.Api.Access;

/// <summary>Everybody makes credentials out of credentials, as fast as he can, while they are revoked.</summary>
[Trait("Category", "Api")]
public sealed class RevocationRaceTests
{
    private const int Clients = 64;
    private const int Revocations = 100;

    [FactWith("redis-server")]
    public async Task Revoke_WhileAllRenewAndRedeemOnTwoInstances_NothingOldWorksAfterwards()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var one = await RunningServer.StartAsync(Settings(redis));
        await using var two = await RunningServer.StartAsync(Settings(redis));
        var owner = await one.CreateAsync();
        var current = owner.Token;
        var over = false;

        // Each keeps all that he ever got, and goes on from what is current when his own no longer works.
        var clients = Enumerable.Range(0, Clients).Select(async i =>
        {
            var server = i % 2 == 0 ? one : two;
            var got = new List<string>();
            var token = current;
            while (!Volatile.Read(ref over))
            {
                var mine = server.Open(owner.Id, token);
                var reply = i % 4 < 2
                    ? await mine.PostAsync("token")
                    : await mine.PostAsync("tickets", """{"full":true}""") is { Status: 200 } ticket
                        ? await TicketsTests.RedeemAsync(
                            server, ticket.Json.GetProperty("ticket").GetString()!, TicketsTests.NewMachine())
                        : null;
                if (reply is { Status: 200 })
                    got.Add(token = reply.Json.GetProperty("token").GetString()!);
                else
                    token = Volatile.Read(ref current);
            }

            return got;
        }).ToList();

        for (var round = 0; round < Revocations; round++)
        {
            var revoked = await (round % 2 == 0 ? one : two).Open(owner.Id, current).PostAsync("revoke");
            Assert.Equal(200, revoked.Status);
            Volatile.Write(ref current, revoked.Json.GetProperty("token").GetString()!);
        }

        Volatile.Write(ref over, true);
        var all = (await Task.WhenAll(clients)).SelectMany(got => got).ToList();
        var last = await one.Open(owner.Id, current).PostAsync("revoke");
        Assert.True(all.Count > Revocations, $"only {all.Count} tokens were made");
        foreach (var token in all)
            Assert.Equal(401, (await two.Open(owner.Id, token).GetAsync("k")).Status);
        Assert.Equal(200, (await two.Open(owner.Id, last.Json.GetProperty("token").GetString()!).GetAsync("")).Status);
    }

    private static Dictionary<string, string?> Settings(RedisServer redis) =>
        new(RunningServer.On(redis)) { ["GOT_LIMITS_TICKETS"] = "100000", ["GOT_LIMITS_FAILED_ATTEMPTS"] = "10000" };
}
