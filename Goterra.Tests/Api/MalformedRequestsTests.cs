namespace Goterra.Tests.Api;

/// <summary>Requests that no client library sends.</summary>
[Trait("Category", "Api")]
public sealed class MalformedRequestsTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    [Theory]
    [InlineData("FFFFFFFFFFFFFFFFFFFF\r\nabc\r\n")]
    [InlineData("FFFFFFFFFFFFFFFF\r\nabc\r\n")]
    [InlineData("zz\r\nabc\r\n")]
    public async Task Put_BadChunkSize_Is400(string body)
    {
        var deployment = await fixture.Server.CreateAsync();

        var (status, response) = await SendAsync(
            "PUT", $"/store/{deployment.Id}/k", deployment, $"Transfer-Encoding: chunked\r\n\r\n{body}");

        Assert.Equal(400, status);
        Assert.Contains("not valid HTTP", response, StringComparison.Ordinal);
        Assert.Equal(404, (await deployment.GetAsync("k")).Status);
    }

    [Theory]
    [InlineData("%20")]
    [InlineData("%09")]
    [InlineData("%E2%80%83")]
    public async Task Get_WhiteSpaceAfterTheId_OpensNothing(string space)
    {
        var deployment = await fixture.Server.CreateAsync();
        await deployment.PutAsync("k", "v");

        Assert.Equal(403, (await SendAsync("GET", $"/store/{deployment.Id}{space}/k", deployment, "\r\n")).Status);
        Assert.Equal(403, (await SendAsync("GET", $"/store/{space}{deployment.Id}/k", deployment, "\r\n")).Status);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("//")]
    public async Task AnyMethod_MoreLeadingSlashes_AreOne(string slashes)
    {
        var deployment = await fixture.Server.CreateAsync();

        var put = await SendAsync(
            "PUT", $"{slashes}/store/{deployment.Id}/a%2Fb", deployment, "Content-Length: 1\r\n\r\nv");

        Assert.Equal(200, put.Status);
        Assert.Equal("v", (await deployment.GetAsync("a/b?raw")).Text);
    }

    [Fact]
    public async Task PutJson_Latin1_Is400AndNamesTheEncoding()
    {
        var deployment = await fixture.Server.CreateAsync();

        var (status, response) = await SendAsync(
            "PUT", $"/store/{deployment.Id}", deployment,
            "Content-Length: 26\r\n\r\n{\"key\":\"k\",\"value\":\"caf\u00E9 \"}");

        Assert.Equal(400, status);
        Assert.Contains("UTF-8", response, StringComparison.Ordinal);
    }

    private Task<(int Status, string Response)> SendAsync(
        string method, string target, TestDeployment deployment, string rest) => RawClient.SendAsync(
        fixture.Server.Address,
        $"{method} {target} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {deployment.Token}\r\n"
        + $"Connection: close\r\n{rest}");
}
