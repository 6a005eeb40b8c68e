using System.Net;
using System.Net.Sockets;
using System.Text;
using Goterra.Api.Hosting;
using Goterra.Api.Tls;
using Microsoft.Extensions.Time.Testing;

namespace Goterra.Tests.Api.Hosting;

/// <summary>Connections that send nothing, and many of one address.</summary>
[Trait("Category", "Api")]
public sealed class ConnectionGuardTests
{
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(5);

    private const string Request = "GET /store HTTP/1.1\r\nHost: localhost\r\n\r\n";

    [Theory]
    [InlineData("")]
    [InlineData("GET /store HTTP/1.1\r\nHost: loc")]
    public async Task Connection_WithoutACompleteRequest_IsClosedAfterThirtySeconds(string start)
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var server = await RunningServer.StartAsync(time: time);
        using var served = await ConnectAsync(server, Request);
        var silent = new List<TcpClient>();
        for (var i = 0; i < 200; i++)
            silent.Add(await ConnectAsync(server, start));
        Assert.True(await IsServedAsync(served));

        time.Advance(ConnectionGuard.FirstRequestTimeout / 2);
        Assert.DoesNotContain(silent, client => IsClosed(client));
        await Eventually.Async(() =>
        {
            time.Advance(Step);
            return silent.TrueForAll(IsClosed);
        });

        await served.GetStream().WriteAsync(Encoding.ASCII.GetBytes(Request));
        Assert.True(await IsServedAsync(served));
        silent.ForEach(client => client.Dispose());
    }

    [Fact]
    public async Task Connection_OfHttp2WithARequest_StaysOpen()
    {
        using var folder = new TempFolder();
        var certificates = new TrialCertificates(folder.File("tls"), TimeProvider.System);
        certificates.Create(["localhost"]);
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var server = await RunningServer.StartAsync(
            new Dictionary<string, string?>
            {
                ["GOT_WEB_TLS_CERTIFICATE"] = certificates.CertificatePath,
                ["GOT_WEB_TLS_KEY"] = certificates.KeyPath,
            },
            time: time);
        using var handler = new HttpClientHandler
        {
            ServerCertificateCustomValidationCallback = HttpClientHandler.DangerousAcceptAnyServerCertificateValidator,
        };
        using var client = new HttpClient(handler)
        {
            BaseAddress = new Uri($"https://localhost:{server.Address.Port}"),
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        var created = (await Reply.OfAsync(await client.PostAsync("/store", null))).Json;
        client.DefaultRequestHeaders.Authorization = new("Bearer", created.GetProperty("token").GetString());
        var key = $"/store/{created.GetProperty("id").GetString()}/k";
        var wait = client.GetAsync($"{key}?wait=10m&raw");
        await server.WaitersAsync(1);

        for (var elapsed = TimeSpan.Zero; elapsed < 2 * ConnectionGuard.FirstRequestTimeout; elapsed += Step)
            time.Advance(Step);
        await client.PutAsync(key, new StringContent("v"));

        Assert.Equal("v", (await Reply.OfAsync(await wait)).Text);
    }

    [Fact]
    public async Task Connection_BeyondTheShareOfItsAddress_IsClosedUntilAnotherOneEnds()
    {
        await using var server = await RunningServer.StartAsync(Limited());
        var allowed = new List<TcpClient>();
        for (var i = 0; i < 5; i++)
        {
            allowed.Add(await ConnectAsync(server, Request));
            Assert.True(await IsServedAsync(allowed[i]));
        }

        Assert.False(await IsAcceptedAsync(server));

        allowed[0].Dispose();
        await Eventually.Async(() => IsAcceptedAsync(server));
        allowed.ForEach(client => client.Dispose());
    }

    [Fact]
    public async Task Connection_OfATrustedProxy_HasNoShare()
    {
        await using var server = await RunningServer.StartAsync(
            Limited(), yaml: "web:\n  trusted_proxies: [127.0.0.1]\n");
        var clients = new List<TcpClient>();
        for (var i = 0; i < 8; i++)
        {
            clients.Add(await ConnectAsync(server, Request));
            Assert.True(await IsServedAsync(clients[i]));
        }

        clients.ForEach(client => client.Dispose());
    }

    // The share is half of them.
    private static Dictionary<string, string?> Limited() => new() { ["GOT_LIMITS_CONNECTIONS"] = "10" };

    private static async Task<TcpClient> ConnectAsync(RunningServer server, string request)
    {
        var client = new TcpClient();
        await client.ConnectAsync(server.Address.Host, server.Address.Port);
        if (request.Length > 0)
            await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(request));
        return client;
    }

    private static async Task<bool> IsAcceptedAsync(RunningServer server)
    {
        try
        {
            using var client = await ConnectAsync(server, Request);
            return await IsServedAsync(client);
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            // It was closed while it was being opened, or before the request was sent.
            return false;
        }
    }

    private static async Task<bool> IsServedAsync(TcpClient client)
    {
        var buffer = new byte[4096];
        try
        {
            var read = await client.GetStream().ReadAsync(buffer);
            return Encoding.ASCII.GetString(buffer, 0, read).StartsWith("HTTP/1.1 200", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static bool IsClosed(TcpClient client) => client.Client.Poll(0, SelectMode.SelectRead);
}
