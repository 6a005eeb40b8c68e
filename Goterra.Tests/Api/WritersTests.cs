using System.Text.Json;

namespace Goterra.Tests.Api;

/// <summary>Who wrote a key.</summary>
[Trait("Category", "Api")]
public sealed class WritersTests
{
    private static readonly (string, string) Worker = ("X-Client-Name", "worker-1");

    [Theory, ClassData(typeof(EachStoreData))]
    public async Task Show_KeysOfUserAndTicket_NamesThemAndTheirClients(StoreKind kind)
    {
        await using var store = await Servers.StartAsync(kind);
        var deployment = await store.One.CreateAsync();
        var ticket = await Access.TicketsTests.TicketAsync(
            deployment, """{"name":"machine 7","read":["*"],"write":["*"]}""");
        var redeemed = await Access.TicketsTests.RedeemAsync(store.One, ticket, Access.TicketsTests.NewMachine());
        var machine = store.Two.Open(deployment.Id, redeemed.Json.GetProperty("token").GetString()!);
        var renewed = store.Two.Open(
            deployment.Id, (await machine.PostAsync("token")).Json.GetProperty("token").GetString()!);
        await deployment.PutAsync("a", "v", ("X-Client-Name", "master"));
        await machine.PutAsync("b", "v", Worker);
        await deployment.SendAsync(
            HttpMethod.Put, "", new StringContent("""{"key":"c","value":"v"}"""), ("User-Agent", "curl/8"));
        await renewed.PutAsync("d", "v", Worker);

        foreach (var query in (string[])["", "?values=false", "?filter=&count=4"])
        {
            Assert.Equal(
                ["a anonymous 127.0.0.1 master", "b machine 7 127.0.0.1 worker-1", "c anonymous 127.0.0.1 curl/8",
                    "d machine 7 127.0.0.1 worker-1"],
                (await deployment.GetAsync(query)).Json.GetProperty("keys").EnumerateArray().Select(
                    key => $"{Text(key, "key")} {Text(key, "by")} {Text(key, "client")}"));
            Assert.All(
                (await machine.GetAsync(query)).Json.GetProperty("keys").EnumerateArray(),
                key => Assert.Equal((null, null), (Text(key, "by"), Text(key, "client"))));
        }
    }

    [Theory, ClassData(typeof(EachStoreData))]
    public async Task Show_RenewedLease_KeepsItsWriter(StoreKind kind)
    {
        await using var store = await Servers.StartAsync(kind);
        var deployment = await store.One.CreateAsync();
        var taken = await deployment.PutAsync("leader?ttl=1h", "me", Worker);

        for (var renewal = 0; renewal < 2; renewal++)
            Assert.Equal(200, (await deployment.PutAsync("leader?ttl=1h", "me", ("If-Match", taken.ETag!))).Status);

        var key = (await deployment.GetAsync("")).Json.GetProperty("keys")[0];
        Assert.Equal("127.0.0.1 worker-1", Text(key, "client"));
        Assert.NotNull(Text(key, "expires"));
    }

    [Theory, ClassData(typeof(EachStoreData))]
    public async Task Watch_PutAndDeleted_SayWhoToAllButNarrowedCallers(StoreKind kind)
    {
        await using var store = await Servers.StartAsync(kind);
        var deployment = await store.One.CreateAsync();
        var narrowed = store.Two.Open(
            deployment.Id,
            (await deployment.PostAsync("token", """{"read":["k"]}""")).Json.GetProperty("token").GetString()!);
        await deployment.PutAsync("k", "v", Worker);
        await deployment.DeleteAsync("k", Worker);
        await using var full = await WatchedEvents.OpenAsync(store.Two.Open(deployment.Id, deployment.Token), "2");
        await using var narrow = await WatchedEvents.OpenAsync(narrowed, "2");

        // A number tells a narrowed caller how many events there are: it gets all that it may see.
        Assert.Equal("created", (await narrow.NextAsync()).Type);
        foreach (var type in (string[])["put", "deleted"])
        {
            var (seen, hidden) = (await full.NextAsync(), await narrow.NextAsync());
            Assert.Equal((type, type), (seen.Type, hidden.Type));
            var data = JsonDocument.Parse(seen.Data).RootElement;
            Assert.Equal(
                ("k", "anonymous", "127.0.0.1 worker-1"),
                (Text(data, "key"), Text(data, "by"), Text(data, "client")));
            Assert.DoesNotContain("worker-1", hidden.Data, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Put_WriterAtRest_IsSealed()
    {
        using var folder = new TempFolder();
        await using (var server = await RunningServer.StartAsync(folder: folder))
        {
            var deployment = await server.CreateAsync();
            await deployment.PutAsync("k", "v", ("X-Client-Name", "CANARYCLIENT"));
            await deployment.DeleteAsync("k", ("X-Client-Name", "CANARYCLIENT"));
        }

        foreach (var file in Directory.GetFiles(folder.File("data"), "goterra.db*"))
            Assert.Equal(-1, (await File.ReadAllBytesAsync(file)).AsSpan().IndexOf("CANARYCLIENT"u8));
    }

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) ? value.GetString() : null;
}
