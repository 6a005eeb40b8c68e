namespace Goterra.Tests.Api;

/// <summary>Bad input: what the answer says, and that nothing was lost.</summary>
[Trait("Category", "Api")]
public sealed class InputTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    [Theory]
    [InlineData("", "body", "empty")]
    [InlineData("{", "body", "JSON")]
    [InlineData("SECRET", "body", "JSON")]
    [InlineData("[]", "body", "JSON")]
    [InlineData("null", "body", "JSON")]
    [InlineData("""{"key":"k"}""", "value", "required")]
    [InlineData("""{"value":"SECRET"}""", "key", "required")]
    [InlineData("""{"key":null,"value":"SECRET"}""", "key", "required")]
    [InlineData("""{"key":"k","value":null}""", "value", "required")]
    [InlineData("""{"key":"k","value":5}""", "value", "string")]
    [InlineData("""{"key":"k","value":{"a":"SECRET"}}""", "value", "string")]
    [InlineData("""{"key":["k"],"value":"SECRET"}""", "key", "string")]
    [InlineData("""{"key":"k","value":"SECRET","Value":"SECRET"}""", "body", "duplicate")]
    [InlineData("""{"key":"","value":"SECRET"}""", "key", "empty")]
    [InlineData("""{"key":"a/../b","value":"SECRET"}""", "key", "'..'")]
    [InlineData("""{"key":"a\u0007","value":"SECRET"}""", "key", "control")]
    public async Task PutDeployment_BadBody_Is400ThatNamesTheFieldAndNeverTheValue(
        string body, string field, string says)
    {
        var deployment = await fixture.Server.CreateAsync();

        var reply = await Reply.OfAsync(await deployment.SendAsync(HttpMethod.Put, "", new StringContent(body)));

        AssertBadInput(reply, field, says);
        Assert.DoesNotContain("SECRET", reply.Text, StringComparison.Ordinal);
        Assert.Equal(0, (await deployment.GetAsync("")).Json.GetProperty("revision").GetInt64());
    }

    [Theory]
    [InlineData("""{"ttl":"soon"}""", "ttl", "duration")]
    [InlineData("""{"ttl":"-1h"}""", "ttl", "duration")]
    [InlineData("""{"ttl":"0"}""", "ttl", "1s")]
    [InlineData("""{"ttl":true}""", "ttl", "string")]
    [InlineData("""{"name":"a\nb"}""", "name", "control")]
    [InlineData("{", "body", "JSON")]
    public async Task PostStore_BadBody_Is400(string body, string field, string says)
    {
        AssertBadInput(
            await Reply.OfAsync(await fixture.Server.Client.PostAsync("/store", new StringContent(body))), field, says);
    }

    [Theory]
    [InlineData("k?wait=-1", "wait", "duration")]
    [InlineData("k?wait=soon", "wait", "duration")]
    [InlineData("k?wait=", "wait", "duration")]
    [InlineData("k?wait=1&fail=", "fail", "empty")]
    [InlineData("k?pending=404", "pending", "503")]
    [InlineData("?values=maybe", "values", "true or false")]
    [InlineData("?filter=%00", "filter", "control")]
    [InlineData("?filter=%FF", "filter", "UTF-8")]
    [InlineData("?filter=a&filter=b&count=1", "filter", "must not be repeated")]
    [InlineData("?filter=a&count=1&count=2", "count", "must not be repeated")]
    [InlineData("k?wait=1&wait=2", "wait", "must not be repeated")]
    [InlineData("k?wait=1&fail=a&fail=b", "fail", "must not be repeated")]
    [InlineData("k?wait=1&fail=failed/%C3", "fail", "UTF-8")]
    [InlineData("?filter=a&count=%FF", "count", "1000000")]
    public async Task Get_BadQuery_Is400(string path, string field, string says)
    {
        var deployment = await fixture.Server.CreateAsync();

        AssertBadInput(await deployment.GetAsync(path), field, says);
    }

    [Theory]
    [InlineData("PUT", "If-None-Match", "\"1.abc\"", "If-None-Match")]
    [InlineData("DELETE", "If-Match", "1.abc", "If-Match")]
    [InlineData("GET", "If-None-Match", "1.abc", "If-None-Match")]
    public async Task Condition_Malformed_Is400(string method, string header, string value, string field)
    {
        var deployment = await fixture.Server.CreateAsync();
        await deployment.PutAsync("k", "v");

        var reply = await Reply.OfAsync(await deployment.SendAsync(new HttpMethod(method), "k", null, (header, value)));

        AssertBadInput(reply, field, "");
        Assert.Equal("v", (await deployment.GetAsync("k?raw")).Text);
    }

    [Fact]
    public async Task Put_Multipart_Is415AndStoresNothing()
    {
        var deployment = await fixture.Server.CreateAsync();
        using var form = new MultipartFormDataContent { { new StringContent("v"), "file" } };

        var reply = await Reply.OfAsync(await deployment.SendAsync(HttpMethod.Put, "k", form));

        Assert.Equal(415, reply.Status);
        Assert.Contains("--data-binary", reply.Detail, StringComparison.Ordinal);
        Assert.Equal(404, (await deployment.GetAsync("k")).Status);
    }

    [Theory]
    [InlineData("GET", "/", 404, "/swagger")]
    [InlineData("GET", "/nowhere", 404, "/swagger")]
    [InlineData("PATCH", "/store", 405, "GET")]
    [InlineData("POST", "/health/live", 405, "GET")]
    public async Task UnknownPathOrMethod_IsAProblemToo(string method, string path, int status, string says)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        request.Headers.TryAddWithoutValidation("Accept", "text/event-stream");

        var reply = await Reply.OfAsync(await fixture.Server.Client.SendAsync(request));

        Assert.Equal((status, "application/problem+json"), (reply.Status, reply.Type));
        Assert.Contains(says, reply.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Problem_AnyAccept_IsProblemJson()
    {
        var deployment = await fixture.Server.CreateAsync();

        foreach (var accept in (string[])
            ["text/plain", "application/octet-stream", "text/event-stream", "image/png", "*/*"])
        {
            var reply = await deployment.GetAsync("absent", ("Accept", accept));
            Assert.Equal((404, "application/problem+json"), (reply.Status, reply.Type));
        }
    }

    private static void AssertBadInput(Reply reply, string field, string says)
    {
        Assert.Equal((400, "application/problem+json"), (reply.Status, reply.Type));
        var error = Assert.Single(reply.Json.GetProperty("errors").EnumerateObject());
        Assert.Equal(field, error.Name);
        Assert.Contains(says, error.Value[0].GetString(), StringComparison.Ordinal);
        Assert.Contains(field, reply.Detail, StringComparison.Ordinal);
        Assert.Equal(reply.Detail, reply.Json.GetProperty("message").GetString());
    }

    [Theory]
    [InlineData("a\tb", 1)]
    [InlineData("0123456789abcdef", 16)]
    public async Task Put_IdempotencyKeyNotAllowed_Is400AndTheValueStays(string value, int times)
    {
        const string name = "Idempotency-Key";
        var deployment = await fixture.Server.CreateAsync();
        await deployment.PutAsync("k", "old");
        (string, string)[] headers = [(name, string.Concat(Enumerable.Repeat(value, times)))];

        foreach (var reply in new[]
        {
            await deployment.PutAsync("k", "new", headers),
            await Reply.OfAsync(await deployment.SendAsync(
                HttpMethod.Put, "", new StringContent("""{"key":"k","value":"new"}"""), headers)),
            await Reply.OfAsync(await deployment.SendAsync(HttpMethod.Delete, "k", null, headers)),
        })
        {
            Assert.Equal(400, reply.Status);
            Assert.Contains(name, reply.Text, StringComparison.Ordinal);
        }

        Assert.Equal("old", (await deployment.GetAsync("k?raw")).Text);
    }

    [Fact]
    public async Task Put_ContentRange_Is400AndTheValueStays()
    {
        var deployment = await fixture.Server.CreateAsync();
        await deployment.PutAsync("k", "old");
        using var part = new StringContent("new");
        part.Headers.ContentRange = new(0, 2, 10);

        var reply = await Reply.OfAsync(await deployment.SendAsync(HttpMethod.Put, "k", part));

        Assert.Equal(400, reply.Status);
        Assert.Contains("Content-Range", reply.Text, StringComparison.Ordinal);
        Assert.Equal("old", (await deployment.GetAsync("k?raw")).Text);
    }
}
