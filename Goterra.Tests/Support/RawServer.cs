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
