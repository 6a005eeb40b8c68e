using System.Net;
using System.Net.Sockets;

namespace Goterra.Tests.EndToEnd.Hosting;

/// <summary>More connections than the process may have files open.</summary>
[Trait("Category", "EndToEnd")]
public sealed class OpenFilesTests : IDisposable
{
    private const int Files = 700;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Connect_MoreConnectionsThanFiles_ServesThoseThatItHas()
    {
        await using var server = await ServerProcess.StartWithFilesAsync(_folder, Files);
        using var client = new HttpClient { BaseAddress = server.Address };
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/store")).StatusCode);

        var connections = await Task.WhenAll(Enumerable.Range(0, Files).Select(_ => ConnectAsync(server.Address)));

        // It has closed those above the limit.
        await Eventually.Async(() => Task.FromResult(connections.Count(IsClosed) >= Files / 2));
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/store")).StatusCode);

        foreach (var connection in connections)
            connection.Dispose();
        await Eventually.Async(() => AnswersAsync(server.Address));
        Assert.Equal(0, await server.TerminateAsync());
        Assert.Contains($"this process may open {Files} files", server.Output, StringComparison.Ordinal);
    }

    private static async Task<Socket> ConnectAsync(Uri address)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(address.Host, address.Port);
        }
        catch (SocketException)
        {
            // Closed before the call returned.
            socket.Dispose();
        }

        return socket;
    }

    private static bool IsClosed(Socket socket) => !socket.Connected || socket.Poll(0, SelectMode.SelectRead);

    private static async Task<bool> AnswersAsync(Uri address)
    {
        using var client = new HttpClient();
        try
        {
            return (await client.GetAsync(new Uri(address, "/store"))).StatusCode == HttpStatusCode.OK;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
