using System.Text.Json;

namespace Goterra.Tests.Api;

/// <summary>Requests whose target or headers are too large get a problem that says so.</summary>
[Trait("Category", "Api")]
public sealed class RequestSizeTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    [Theory]
    [InlineData(1, 40_000, 431, "limits.header_bytes")]
    [InlineData(110, 10, 431, "at most 100 headers")]
    [InlineData(1, 30_000, 200, "")]
    [InlineData(90, 10, 200, "")]
    public async Task Headers_OfSomeSize_AreAcceptedOrNamed(int count, int size, int status, string says)
    {
        var headers = string.Concat(
            Enumerable.Range(0, count).Select(index => $"X-{index}: {new string('a', size)}\r\n"));

        var reply = await RawClient.SendAsync(
            fixture.Server.Address, $"GET /store HTTP/1.1\r\nHost: localhost\r\n{headers}Connection: close\r\n\r\n");

        Assert.Equal(status, reply.Status);
        Assert.Contains(says, reply.Response, StringComparison.Ordinal);
        Assert.Equal(status != 200, reply.Response.Contains("application/problem+json", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Target_TooLong_Is414WithTheLimit()
    {
        var reply = await RawClient.SendAsync(
            fixture.Server.Address,
            $"GET /store?x={new string('a', 9_000)} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");

        Assert.Equal(414, reply.Status);
        Assert.Contains("at most 8,192 bytes", reply.Response, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Headers_TooLarge_NameTheLimitForPrograms()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/store");
        request.Headers.TryAddWithoutValidation("X-Large", new string('a', 40_000));

        var reply = await Reply.OfAsync(await fixture.Server.Client.SendAsync(request));

        Assert.Equal(431, reply.Status);
        Assert.Equal("header_bytes", reply.Json.GetProperty("limit").GetString());
        Assert.Equal(32_768, reply.Json.GetProperty("limit_value").GetInt32());
        Assert.Equal(JsonValueKind.String, reply.Json.GetProperty("detail").ValueKind);
    }
}
