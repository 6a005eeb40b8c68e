namespace Goterra.Tests.EndToEnd.Hosting;

/// <summary>What a log at debug level in text format shows of hostile requests.</summary>
[Trait("Category", "EndToEnd")]
public sealed class DebugLogTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Log_MalformedRequests_HasNoSecretAndNoControlCharacter()
    {
        await using var server = await ServerProcess.StartAsync(
            _folder, ("GOT_LOG_LEVEL", "debug"), ("GOT_LOG_FORMAT", "text"));
        var deployment = await server.CreateAsync();
        var head = $"Host: h\r\nConnection: close\r\nAuthorization: Bearer {deployment.Token}\r\n";
        var path = $"/store/{deployment.Id}/k";
        (string Request, int Status)[] requests =
        [
            ($"GET {path} HTTP/1.1\r\nHost: h\r\nAuthorization Bearer CANARY{deployment.Token}\r\n\r\n", 400),
            ($"PUT {path} HTTP/1.1\r\n{head}Idempotency-Key CANARY\r\n\r\n", 400),
            ($"PUT {path} HTTP/1.1\r\n{head}Idempotency-Key: CANARY\r\nIf-None-Match: *\r\n"
                + "Content-Length: 6\r\n\r\nCANARY", 200),
            ($"GET {path}?raw&x=CANARY HTTP/1.1\r\n{head}\r\n", 200),
            ($"PUT {path} HTTP/1.1\r\n{head}Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFFFFF\r\nCANARY\r\n", 400),
            ($"GET /store/\u001b[31m\u0007/k HTTP/1.1\r\n{head}\r\n", 403),
            ($"GET /store/%1b%5b31m%07/%0Aforged HTTP/1.1\r\n{head}\r\n", 403),
            ($"GET /\u001b]0;title\u0007 HTTP/1.1\r\n{head}\r\n", 404),
        ];
        foreach (var (request, status) in requests)
            Assert.Equal(status, (await RawClient.SendAsync(server.Address, request)).Status);
        Assert.Equal(0, await server.TerminateAsync());

        Assert.Contains("DBG]", server.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("CANARY", server.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(deployment.Token[..40], server.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(server.Output, character => char.IsControl(character) && character is not ('\n' or '\r'));
        Assert.DoesNotContain(server.Output.Split('\n'), line => line.StartsWith("forged", StringComparison.Ordinal));
        Assert.DoesNotContain(server.Output.Split('\n'), line => line.StartsWith("   at ", StringComparison.Ordinal));
    }
}
