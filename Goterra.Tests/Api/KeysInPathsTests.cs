namespace Goterra.Tests.Api;

/// <summary>Keys in paths, byte for byte as they go over the wire: a client library would tidy them up.</summary>
[Trait("Category", "Api")]
public sealed class KeysInPathsTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    [Theory]
    [InlineData("a/b", "a/b")]
    [InlineData("a%2Fb", "a/b")]
    [InlineData("a%2fb", "a/b")]
    [InlineData("a%252Fb", "a%2Fb")]
    [InlineData("a%20b+c", "a b+c")]
    [InlineData("%C3%A4", "ä")]
    [InlineData("a%3Fb%23c", "a?b#c")]
    [InlineData("..a/b..", "..a/b..")]
    [InlineData("a;b=c&d", "a;b=c&d")]
    [InlineData("%25", "%")]
    public async Task Put_EncodedKey_IsDecodedExactlyOnce(string path, string key)
    {
        var deployment = await fixture.Server.CreateAsync();

        Assert.Equal(200, await RequestAsync("PUT", $"/store/{deployment.Id}/{path}", deployment.Token));

        Assert.Equal(
            key,
            Assert.Single(
                (await deployment.GetAsync("")).Json.GetProperty("keys").EnumerateArray())
                .GetProperty("key").GetString());
        Assert.Equal(200, await RequestAsync("GET", $"/store/{deployment.Id}/{path}", deployment.Token));
    }

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("a/")]
    [InlineData("a//b")]
    [InlineData("a%2F%2Fb")]
    [InlineData("%2Fa")]
    [InlineData("%FF")]
    [InlineData("a%zz")]
    [InlineData("a%2")]
    [InlineData("a%00b")]
    [InlineData("a%0Ab")]
    [InlineData("%E2%80%AEa")]
    public async Task AnyMethod_BadKey_Is400AndNothingHappens(string path)
    {
        var deployment = await fixture.Server.CreateAsync();
        await deployment.PutAsync("a", "1");

        foreach (var method in new[] { "GET", "PUT", "DELETE" })
            Assert.Equal(400, await RequestAsync(method, $"/store/{deployment.Id}/{path}", deployment.Token));

        Assert.Equal(1, (await deployment.GetAsync("")).Json.GetProperty("revision").GetInt64());
    }

    [Theory]
    [InlineData("../{other}/k")]
    [InlineData("%2e%2e/{other}/k")]
    [InlineData("%2E./{other}/k")]
    [InlineData("x/..%2F..%2F{other}/k")]
    [InlineData("./k")]
    [InlineData("%2e/k")]
    [InlineData("..")]
    [InlineData("k/..")]
    public async Task AnyMethod_DotSegments_Are400AndReachNoOtherDeployment(string path)
    {
        var mine = await fixture.Server.CreateAsync();
        var other = await fixture.Server.CreateAsync();
        path = path.Replace("{other}", other.Id, StringComparison.Ordinal);

        Assert.Equal(400, await RequestAsync("PUT", $"/store/{mine.Id}/{path}", mine.Token));
        Assert.Equal(400, await RequestAsync("PUT", $"/store/{mine.Id}/{path}", other.Token));
        Assert.Equal(400, await RequestAsync("DELETE", $"/store/{mine.Id}/{path}", token: null));

        Assert.Equal(0, (await mine.GetAsync("")).Json.GetProperty("revision").GetInt64());
        Assert.Equal(0, (await other.GetAsync("")).Json.GetProperty("revision").GetInt64());
    }

    [Fact]
    public async Task Put_AbsoluteForm_NamesTheSameKey()
    {
        var deployment = await fixture.Server.CreateAsync();

        Assert.Equal(
            200,
            await RequestAsync(
                "PUT", $"http://localhost:{fixture.Server.Address.Port}/store/{deployment.Id}/a%2Fb?x=/y",
                deployment.Token));

        Assert.Equal(200, (await deployment.GetAsync("a/b")).Status);
    }

    [Fact]
    public async Task Delete_DeploymentWithASlashBehindIt_KeepsTheDeployment()
    {
        var deployment = await fixture.Server.CreateAsync();

        var reply = await Reply.OfAsync(await deployment.SendAsync(HttpMethod.Delete, $"/store/{deployment.Id}/"));

        Assert.Equal(400, reply.Status);
        Assert.Contains("no key", reply.Detail, StringComparison.Ordinal);
        Assert.Equal(200, (await deployment.GetAsync("")).Status);
    }

    /// <summary>Sends a request line as it stands, and gives the status.</summary>
    private async Task<int> RequestAsync(string method, string target, string? token)
    {
        var authorization = token is null ? "" : $"Authorization: Bearer {token}\r\n";
        var (status, _) = await RawClient.SendAsync(
            fixture.Server.Address,
            $"{method} {target} HTTP/1.1\r\nHost: localhost:{fixture.Server.Address.Port}\r\n{authorization}"
            + "Content-Length: 1\r\nConnection: close\r\n\r\nx");
        return status;
    }
}
