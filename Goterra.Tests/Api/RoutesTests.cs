using System.Text;
using System.Text.Json;

namespace Goterra.Tests.Api;

/// <summary>The rows of the route table, one after the other.</summary>
[Trait("Category", "Api")]
public sealed class RoutesTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private RunningServer Server => fixture.Server;

    [Fact]
    public async Task GetStore_Anybody_TellsTheVersion()
    {
        var reply = await Reply.OfAsync(await Server.Client.GetAsync("/store"));

        Assert.Equal(200, reply.Status);
        Assert.Equal("ok", reply.Json.GetProperty("message").GetString());
        Assert.Matches(@"^\d+\.\d+\.\d+", reply.Json.GetProperty("version").GetString());
        Assert.Equal("no-store", reply.Message.Headers.CacheControl!.ToString());
        Assert.Equal("nosniff", reply.Message.Headers.GetValues("X-Content-Type-Options").Single());
    }

    [Theory]
    [InlineData(null, "application/json")]
    [InlineData("", "application/json")]
    [InlineData("{}", "application/json")]
    [InlineData("""{"unknown": 1}""", "application/x-www-form-urlencoded")]
    [InlineData("{}", null)]
    public async Task PostStore_WhateverOldClientsSend_Creates(string? body, string? type)
    {
        var content = body is null ? new ByteArrayContent([]) : new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        if (type is not null)
            content.Headers.TryAddWithoutValidation("Content-Type", type);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/store") { Content = content };
        request.Headers.Add("X-API-Key", "whatever the provider has");

        var reply = await Reply.OfAsync(await Server.Client.SendAsync(request));

        Assert.Equal(200, reply.Status);
        Assert.Equal($"http://localhost:{Server.Address.Port}", reply.Json.GetProperty("url").GetString());
        var deployment = Server.Open(
            reply.Json.GetProperty("id").GetString()!, reply.Json.GetProperty("token").GetString()!);
        Assert.Equal(200, (await deployment.PutAsync("k", "v")).Status);
        var expires = reply.Json.GetProperty("expires").GetDateTimeOffset();
        Assert.InRange(expires - TimeProvider.System.GetUtcNow(), TimeSpan.FromHours(23.9), TimeSpan.FromHours(24));
    }

    [Fact]
    public async Task PostStore_TtlAndName_AreKept()
    {
        var deployment = await Server.CreateAsync(new { ttl = "48h", name = "my cluster" });

        var shown = (await deployment.GetAsync("")).Json;

        Assert.Equal("my cluster", shown.GetProperty("name").GetString());
        var lifetime = shown.GetProperty(
            "deployment_expires").GetDateTimeOffset() - shown.GetProperty("created").GetDateTimeOffset();
        Assert.Equal(TimeSpan.FromHours(48), lifetime);
    }

    [Fact]
    public async Task GetDeployment_WithValues_ShowsKeysAndValues()
    {
        var deployment = await Server.CreateAsync();
        await deployment.PutAsync("nodes/b", "2");
        await deployment.PutAsync("nodes/a", "one");
        await deployment.PutAsync("other", "");

        var shown = (await deployment.GetAsync("?filter=nodes/")).Json;

        Assert.Equal(deployment.Id, shown.GetProperty("id").GetString());
        Assert.Equal(3, shown.GetProperty("revision").GetInt64());
        Assert.Equal("active", shown.GetProperty("state").GetString());
        Assert.Equal(
            new Dictionary<string, string> { ["nodes/a"] = "one", ["nodes/b"] = "2" },
            shown.GetProperty("deployment").Deserialize<Dictionary<string, string>>());
        Assert.Equal(
            [("nodes/a", 3, 2), ("nodes/b", 1, 1)],
            shown.GetProperty("keys").EnumerateArray().Select(key =>
                (key.GetProperty("key").GetString(), key.GetProperty("size").GetInt32(),
                    key.GetProperty("revision").GetInt32())));
    }

    [Fact]
    public async Task GetDeployment_WithoutValues_LeavesThemOut()
    {
        var deployment = await Server.CreateAsync();
        await deployment.PutAsync("a", "CANARY");

        var reply = await deployment.GetAsync("?values=false");

        Assert.DoesNotContain("CANARY", reply.Text, StringComparison.Ordinal);
        Assert.False(reply.Json.TryGetProperty("deployment", out _));
        Assert.Equal(6, reply.Json.GetProperty("keys")[0].GetProperty("size").GetInt32());
    }

    [Theory]
    [InlineData("""{"Key":"k","Value":"v"}""", "application/json")]
    [InlineData("""{"key":"k","value":"v","other":[1]}""", null)]
    [InlineData("""{"KEY":"k","vaLUE":"v"}""", "application/x-www-form-urlencoded")]
    public async Task PutDeployment_JsonInAnyDress_Stores(string body, string? type)
    {
        var deployment = await Server.CreateAsync();
        var content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        if (type is not null)
            content.Headers.TryAddWithoutValidation("Content-Type", type);

        var put = await Reply.OfAsync(await deployment.SendAsync(HttpMethod.Put, "", content));

        Assert.Equal(200, put.Status);
        Assert.Equal("""{"message":"done","revision":1}""", put.Text);
        var get = await deployment.GetAsync("k");
        Assert.Equal("""{"key":"k","value":"v","encoding":"utf-8"}""", get.Text);
        Assert.Equal(put.ETag, get.ETag);
        Assert.StartsWith("\"1.", get.ETag, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("user")]
    [InlineData("ts")]
    [InlineData("ns")]
    [InlineData("token")]
    [InlineData("fail")]
    [InlineData("-")]
    public async Task PutKey_NameOfTheServersOwn_IsAnOrdinaryKey(string key)
    {
        var deployment = await Server.CreateAsync();

        Assert.Equal(200, (await deployment.PutAsync(key, "mine")).Status);

        Assert.Equal("mine", (await deployment.GetAsync(key + "?raw")).Text);
        Assert.Equal(
            key, Assert.Single((await deployment.GetAsync("")).Json.GetProperty("deployment").EnumerateObject()).Name);
        Assert.Equal(200, (await deployment.DeleteAsync()).Status);
    }

    [Fact]
    public async Task GetKey_EmptyValue_Exists()
    {
        var deployment = await Server.CreateAsync();
        await deployment.PutAsync("empty", "");

        Assert.Equal("""{"key":"empty","value":"","encoding":"utf-8"}""", (await deployment.GetAsync("empty")).Text);
        var raw = await deployment.GetAsync("empty?raw");
        Assert.Equal((200, 0), (raw.Status, raw.Bytes.Length));
    }

    [Theory]
    [InlineData("k?raw", null, "application/octet-stream")]
    [InlineData("k?raw=", null, "application/octet-stream")]
    [InlineData("k?raw=1", "application/json", "application/octet-stream")]
    [InlineData("k", "text/plain", "text/plain")]
    [InlineData("k", "application/octet-stream", "application/octet-stream")]
    [InlineData("k", "text/plain;q=0.9, application/json;q=0.5", "text/plain")]
    [InlineData("k", "text/*", "text/plain")]
    [InlineData("k", null, "application/json")]
    [InlineData("k", "*/*", "application/json")]
    [InlineData("k", "text/html, */*;q=0.8", "application/json")]
    [InlineData("k", "text/plain;q=0.5, application/json", "application/json")]
    [InlineData("k", "application/*, text/plain", "application/json")]
    public async Task GetKey_RawOrJson_AsTheCallerPrefers(string path, string? accept, string type)
    {
        var deployment = await Server.CreateAsync();
        await deployment.PutAsync("k", "v\n+<\"ü");

        var reply = await (accept is null ? deployment.GetAsync(path) : deployment.GetAsync(path, ("Accept", accept)));

        Assert.Equal((200, type), (reply.Status, reply.Type));
        var json = """{"key":"k","value":"v\n+<\"ü","encoding":"utf-8"}""";
        Assert.Equal(type == "application/json" ? json : "v\n+<\"ü", reply.Text);
    }

    [Fact]
    public async Task GetKey_BytesThatAreNotUtf8_AreExactInRawAndReplacedInJson()
    {
        var deployment = await Server.CreateAsync();
        byte[] value = [0x41, 0xFF, 0x00, 0x42];
        await deployment.PutAsync("k", value);

        Assert.Equal(value, (await deployment.GetAsync("k?raw")).Bytes);
        Assert.Equal("A\uFFFD\0B", (await deployment.GetAsync("k")).Json.GetProperty("value").GetString());
        Assert.Equal(
            "A\uFFFD\0B", (await deployment.GetAsync("")).Json.GetProperty("deployment").GetProperty("k").GetString());
    }

    [Fact]
    public async Task HeadKey_AsGet_WithoutBody()
    {
        var deployment = await Server.CreateAsync();
        var put = await deployment.PutAsync("k", "v");

        var head = await Reply.OfAsync(await deployment.SendAsync(HttpMethod.Head, "k"));

        Assert.Equal((200, put.ETag, 0), (head.Status, head.ETag, head.Bytes.Length));
        Assert.Equal(404, (int)(await deployment.SendAsync(HttpMethod.Head, "absent")).StatusCode);
    }

    [Fact]
    public async Task DeleteKey_ThenAgain_IsDeletedThenAbsent()
    {
        var deployment = await Server.CreateAsync();
        await deployment.PutAsync("k", "v");

        Assert.Equal("""{"message":"deleted"}""", (await deployment.DeleteAsync("k")).Text);

        Assert.Equal(404, (await deployment.DeleteAsync("k")).Status);
        Assert.Equal(404, (await deployment.GetAsync("k")).Status);
    }

    [Fact]
    public async Task DeleteDeployment_Everything_IsGone()
    {
        var deployment = await Server.CreateAsync();
        await deployment.PutAsync("k", "v");

        Assert.Equal("""{"message":"deleted"}""", (await deployment.DeleteAsync()).Text);

        Assert.Equal(410, (await deployment.GetAsync("k")).Status);
        Assert.Equal(410, (await deployment.GetAsync("")).Status);
        Assert.Equal(410, (await deployment.PutAsync("k", "v")).Status);
        Assert.Equal(410, (await deployment.DeleteAsync()).Status);
    }

    [Theory]
    [InlineData("/health/live")]
    [InlineData("/health/ready")]
    public async Task GetHealth_StoreThere_IsOk(string path)
    {
        Assert.Equal("""{"status":"ok"}""", await Server.Client.GetStringAsync(path));
    }
}
