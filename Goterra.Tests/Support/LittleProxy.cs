using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Goterra.Tests.Support;

/// <summary>
/// A real proxy: CONNECT and absolute URLs, optionally with a login. Forwards all requests to one local port.
/// </summary>
internal sealed class LittleProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly ConcurrentBag<Task> _connections = [];
    private readonly Task _accepting;
    private readonly int _target;
    private readonly string? _login;
    private readonly int _refusal;

    /// <param name="target">The port to forward to.</param>
    /// <param name="login">The required `user:password`.</param>
    /// <param name="refusal">The status with which it refuses requests.</param>
    public LittleProxy(int target, string? login = null, int refusal = 0)
    {
        (_target, _login, _refusal) = (target, login, refusal);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>`127.0.0.1:port`.</summary>
    public string Authority => _listener.LocalEndpoint.ToString()!;

    /// <summary>The request lines.</summary>
    public ConcurrentQueue<string> Seen { get; } = new();

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _accepting;
        await Task.WhenAll(_connections);
        _listener.Dispose();
        _end.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _connections.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_end.Token)));
        }
        catch (OperationCanceledException)
        {
            // The test has ended.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var owned = client;
        await using var near = client.GetStream();
        try
        {
            while (await HeadAsync(near) is { } head)
            {
                var first = head.Split("\r\n")[0];
                Seen.Enqueue(first);
                if (Refusal(head) is { } refusal)
                {
                    await near.WriteAsync(Encoding.ASCII.GetBytes(refusal), _end.Token);
                    continue;
                }

                using var server = new TcpClient();
                await server.ConnectAsync(IPAddress.Loopback, _target, _end.Token);
                await using var far = server.GetStream();
                if (first.StartsWith("CONNECT ", StringComparison.Ordinal))
                    await near.WriteAsync("HTTP/1.1 200 OK\r\n\r\n"u8.ToArray(), _end.Token);
                else
                    await far.WriteAsync(Encoding.ASCII.GetBytes(head), _end.Token);
                await Task.WhenAny(near.CopyToAsync(far, _end.Token), far.CopyToAsync(near, _end.Token));
                return;
            }
        }
        catch (Exception end) when (end is OperationCanceledException or SocketException or IOException)
        {
            // One side has closed the connection.
        }
    }

    private string? Refusal(string head)
    {
        if (_refusal != 0)
            return $"HTTP/1.1 {_refusal} No\r\nContent-Length: 0\r\n\r\n";
        var wanted = _login is null
            ? null
            : $"Proxy-Authorization: Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes(_login))}";
        return wanted is null || head.Contains(wanted, StringComparison.Ordinal)
            ? null
            : "HTTP/1.1 407 Login\r\nProxy-Authenticate: Negotiate\r\nProxy-Authenticate: "
                + "Basic realm=\"test\"\r\nContent-Length: 0\r\n\r\n";
    }

    private async Task<string?> HeadAsync(NetworkStream stream)
    {
        var head = new StringBuilder();
        var one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            if (await stream.ReadAsync(one, _end.Token) == 0)
                return null;
            head.Append((char)one[0]);
        }

        return head.ToString();
    }
}
