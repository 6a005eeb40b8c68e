using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Goterra.Tests.Support;

/// <summary>
/// Sends exactly the bytes of its script, one entry per connection (the last one repeatedly), and closes the
/// connection gracefully, which Kestrel cannot do.
/// </summary>
internal sealed class RawServer : IAsyncDisposable
{
    /// <summary>A goterra server: the key does not exist.</summary>
    public const string NotFound =
        "HTTP/1.1 404 Not Found\r\nContent-Type: application/problem+json\r\nContent-Length: 42\r\n"
        + "Connection: close\r\n\r\n{\"detail\":\"Key not found.\",\"message\":\"-\"} ";

    /// <summary>A goterra server: the value is `v`.</summary>
    public const string Value =
        "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nETag: \"1.0123456789abcdef\"\r\n"
        + "Content-Length: 1\r\nConnection: close\r\n\r\nv";

    public const string Endless =
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n{}";

    public const string TooLong =
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 999000000\r\n\r\n{}";

    public const string OtherProtocol = "SSH-2.0-OpenSSH_9.2\r\n";

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly Task _serving;
    private int _connections;

    public RawServer(params string[] script)
    {
        _listener.Start();
        _serving = ServeAsync(script);
    }

    public string Url => $"http://{_listener.LocalEndpoint}";

    public int Connections => _connections;

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _serving;
        // Only now: accepting on a disposed listener would throw.
        _listener.Dispose();
        _end.Dispose();
    }

    private async Task ServeAsync(string[] script)
    {
        try
        {
            while (true)
            {
                using var client = await _listener.AcceptTcpClientAsync(_end.Token);
                await using var stream = client.GetStream();
                await stream.ReadAtLeastAsync(new byte[4096], 1, cancellationToken: _end.Token);
                await stream.WriteAsync(
                    Encoding.ASCII.GetBytes(script[Math.Min(_connections++, script.Length - 1)]), _end.Token);
            }
        }
        catch (Exception end) when (end is OperationCanceledException or SocketException or IOException)
        {
            // The test has ended.
        }
    }
}
