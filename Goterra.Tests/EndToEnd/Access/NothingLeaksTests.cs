using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Goterra.Tests.Api.Access;
using StackExchange.Redis;

namespace Goterra.Tests.EndToEnd.Access;

/// <summary>
/// After everything was done that can be done: no value, token, ticket or API key is in the store, in its files, or in
/// the log at its most talkative.
/// </summary>
[Trait("Category", "EndToEnd")]
public sealed class NothingLeaksTests : IDisposable
{
    private const string ApiKey = "CANARY-api-key-0123456789";

    private readonly TempFolder _folder = new();
    private readonly List<string> _secrets = ["CANARY", ApiKey];

    public void Dispose() => _folder.Dispose();

    [Theory, ClassData(typeof(EachStoreData))]
    public async Task EverythingDone_StoreFilesAndLog_HoldNoSecret(StoreKind kind)
    {
        await using var redis = kind == StoreKind.Redis ? await RedisServer.StartAsync() : null;
        await File.WriteAllTextAsync(_folder.File("goterra-store.yml"), $"""
            users:
              - uid: alice
                key_sha256: {Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(ApiKey)))}
                namespaces: {"{"} team: owner {"}"}
            """);
        var settings = redis is null ? [] : RunningServer.On(redis).Select(pair => (pair.Key, pair.Value!));
        await using var server = await ServerProcess.StartAsync(
            _folder, [("GOT_LOG_LEVEL", "trace"), ("GOT_LOG_FORMAT", "json"), ("GOT_FEAT_ANONYMOUS", ""), .. settings]);

        var id = await UseAsync(server);
        var stored = redis is null ? [] : await DumpAsync(redis);

        // Not deleted yet: what is left behind is what was there.
        Assert.Contains($"/store/{id}/join/token", server.Output, StringComparison.Ordinal);
        await server.TerminateAsync();
        if (redis is null)
            stored = [.. Directory.EnumerateFiles(
                _folder.File("data"), "*", SearchOption.AllDirectories).Select(File.ReadAllBytes)];
        Assert.Contains(stored, bytes => Contains(bytes, "join/token"));
        foreach (var secret in _secrets)
        {
            Assert.DoesNotContain(secret, server.Output, StringComparison.Ordinal);
            Assert.DoesNotContain(stored, bytes => Contains(bytes, secret));
        }
    }

    private static bool Contains(byte[] bytes, string text) =>
        bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(text)) >= 0;

    private static async Task<IReadOnlyList<byte[]>> DumpAsync(RedisServer redis)
    {
        await using var connection = await ConnectionMultiplexer.ConnectAsync(
            $"127.0.0.1:{redis.Port},allowAdmin=true");
        var db = connection.GetDatabase();
        var all = new List<byte[]>();
        await foreach (var key in connection.GetServers()[0].KeysAsync())
        {
            all.Add(Encoding.UTF8.GetBytes(key.ToString()));
            switch (await db.KeyTypeAsync(key))
            {
                case RedisType.String:
                    all.Add((byte[])(await db.StringGetAsync(key))!);
                    break;
                case RedisType.Hash:
                    foreach (var entry in await db.HashGetAllAsync(key))
                        all.AddRange([(byte[])entry.Name!, (byte[])entry.Value!]);
                    break;
                case RedisType.SortedSet:
                    all.AddRange((await db.SortedSetRangeByRankAsync(key)).Select(member => (byte[])member!));
                    break;
            }
        }

        return all;
    }

    private async Task<string> UseAsync(ServerProcess server)
    {
        using var client = new HttpClient { BaseAddress = server.Address };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/store")
        {
            Content = new StringContent("""{"name":"CANARY name"}"""),
        };
        request.Headers.Add("X-API-Key", ApiKey);
        request.Headers.Add("X-API-NS", "team");
        request.Headers.Add("Idempotency-Key", "CANARY-idempotency-key-0123456789");
        var created = (await Reply.OfAsync(await client.SendAsync(request))).Json;
        var deployment = new TestDeployment(
            server.Address, created.GetProperty("id").GetString()!, Secret(created, "token"));

        // A wait that is answered, one that is not, and everything else that takes or gives something secret.
        var wait = deployment.GetAsync("join/token?wait=10m");
        await deployment.PutAsync("join/token", "CANARY value", ("X-Client-Name", "CANARY client"));
        await wait;
        await deployment.PutAsync("big", string.Concat(Enumerable.Repeat("CANARY big value ", 100_000)));
        foreach (var body in (string[])
            ["""{"key":"json","value":"CANARY json"}""", """{"key":"json","value":"CANARY json" """])
            await Reply.OfAsync(await deployment.SendAsync(HttpMethod.Put, "", new StringContent(body)));
        await deployment.PutAsync(
            "lease?ttl=30s", "CANARY lease", ("If-None-Match", "*"), ("Idempotency-Key", "attempt"));
        await deployment.PostAsync("fail", """{"reason":"CANARY reason"}""");
        await deployment.GetAsync("absent?wait=1");
        await deployment.GetAsync("");
        Secret((await deployment.PostAsync("token")).Json, "token");
        Secret((await deployment.PostAsync("token", """{"read":["join/*"]}""")).Json, "token");
        var ticket = Secret(
            (await deployment.PostAsync("tickets", """{"name":"CANARY ticket","full":true}""")).Json, "ticket");
        foreach (var machine in new[] { TicketsTests.NewMachine(), TicketsTests.NewMachine() })
        {
            _secrets.Add(machine);
            var redeemed = await Reply.OfAsync(await client.PostAsync(
                $"/store/{deployment.Id}/redeem", new StringContent(
                    JsonSerializer.Serialize(new { ticket, machine }))));
            if (redeemed.Status == 200)
                Secret(redeemed.Json, "token");
        }

        (HttpMethod, string)[] requests =
        [
            (HttpMethod.Get, "/store/-/deployments"),
            (HttpMethod.Post, "/store/-/namespaces/team/token"),
            (HttpMethod.Get, $"/store/{deployment.Id}/join/token"),
        ];
        foreach (var (method, path) in requests)
        {
            using var asked = new HttpRequestMessage(method, path);
            asked.Headers.Add("X-API-Key", ApiKey);
            var reply = await Reply.OfAsync(await client.SendAsync(asked));
            Assert.Equal(200, reply.Status);
            if (path.EndsWith("/token", StringComparison.Ordinal) && method == HttpMethod.Post)
                Secret(reply.Json, "token");
        }

        await deployment.GetAsync("join/token", ("Authorization", "Bearer CANARY.not.a-token"));
        await Reply.OfAsync(await client.GetAsync("/store/no-id?token=CANARY"));
        Assert.Equal("CANARY value", (await deployment.GetAsync("join/token?raw")).Text);
        Secret((await deployment.PostAsync("revoke")).Json, "token");
        return deployment.Id;
    }

    /// <summary>Remembers a secret: as a whole, and the part of it that can't be guessed.</summary>
    private string Secret(JsonElement answer, string member)
    {
        var secret = answer.GetProperty(member).GetString()!;
        _secrets.AddRange([secret, secret[(secret.LastIndexOf('.') + 1)..]]);
        return secret;
    }
}
