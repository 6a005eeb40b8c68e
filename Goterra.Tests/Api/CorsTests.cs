namespace Goterra.Tests.Api;

[Trait("Category", "Api")]
public sealed class CorsTests
{
    private const string Origin = "https://ui.example.org";

    [Theory]
    [InlineData($"web: {{ cors_origins: [{Origin}] }}", Origin)]
    [InlineData("web: { cors_origins: ['*'] }", "*")]
    public async Task AnyResponse_AllowedOrigin_HasTheHeadersErrorsToo(string yaml, string allowed)
    {
        await using var server = await RunningServer.StartAsync(yaml: yaml);
        var deployment = await server.CreateAsync();
        await deployment.PutAsync("k", "v");

        foreach (var (target, status) in new[] { ("k", 200), ("absent", 404), ("%zz", 400) })
        {
            var reply = await deployment.GetAsync(target, ("Origin", Origin));
            Assert.Equal(status, reply.Status);
            Assert.Equal(allowed, Header(reply.Message, "Access-Control-Allow-Origin"));
            Assert.Contains("ETag", Header(reply.Message, "Access-Control-Expose-Headers"), StringComparison.Ordinal);
            Assert.Contains("Origin", reply.Message.Headers.Vary);
            Assert.False(reply.Message.Headers.Contains("Access-Control-Allow-Credentials"));
        }
    }

    [Fact]
    public async Task Preflight_OurHeaders_AreAllowedWithoutACredential()
    {
        await using var server = await RunningServer.StartAsync(yaml: $"web: {{ cors_origins: [{Origin}] }}");
        using var request = new HttpRequestMessage(HttpMethod.Options, "/store/6f1c2a90-3b7e-4d58-9a0e-0123456789ab/k");
        request.Headers.Add("Origin", Origin);
        request.Headers.Add("Access-Control-Request-Method", "PUT");
        request.Headers.Add("Access-Control-Request-Headers", "authorization, idempotency-key, goterra-fence");

        using var response = await server.Client.SendAsync(request);

        Assert.Equal(204, (int)response.StatusCode);
        Assert.Equal(Origin, Header(response, "Access-Control-Allow-Origin"));
        Assert.Contains("PUT", Header(response, "Access-Control-Allow-Methods"), StringComparison.Ordinal);
        var headers = Header(response, "Access-Control-Allow-Headers");
        foreach (var name in new[] { "Authorization", "Idempotency-Key", "Goterra-Fence" })
            Assert.Contains(name, headers, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnyResponse_OtherOriginOrOff_HasNoHeaders()
    {
        await using var off = await RunningServer.StartAsync();
        await using var on = await RunningServer.StartAsync(yaml: $"web: {{ cors_origins: [{Origin}] }}");

        foreach (var (server, origin) in new[] { (off, Origin), (on, "https://evil.example.org") })
        {
            var deployment = await server.CreateAsync();
            var reply = await deployment.GetAsync("k", ("Origin", origin));
            Assert.False(reply.Message.Headers.Contains("Access-Control-Allow-Origin"));
        }
    }

    [Theory]
    [InlineData("ui.example.org")]
    [InlineData("https://ui.example.org/")]
    [InlineData("ftp://ui.example.org")]
    public async Task Start_NoOrigin_IsRefused(string origin)
    {
        var refused = await Assert.ThrowsAsync<Goterra.Api.Configuration.InvalidConfigurationException>(
            () => RunningServer.StartAsync(yaml: $"web: {{ cors_origins: ['{origin}'] }}"));

        Assert.Contains("web.cors_origins", refused.Message, StringComparison.Ordinal);
    }

    private static string Header(HttpResponseMessage response, string name) =>
        string.Join(", ", response.Headers.GetValues(name));
}
