using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Goterra.Tests.Support;

/// <summary>Forwards connections to a local port, like a slow link, or a NAT that forgets connections.</summary>
internal sealed class TcpRelay : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly ConcurrentBag<Task> _connections = [];
    private readonly Task _accepting;
    private readonly int _target;
    private readonly int _bytesPerSecond;
    private int _accepted;
    private int _forgotten;
    private Hold? _hold;

    /// <param name="target">The port to forward to.</param>
    /// <param name="bytesPerSecond">The speed in each direction; 0 for no limit.</param>
    public TcpRelay(int target, int bytesPerSecond = 0)
    {
        (_target, _bytesPerSecond) = (target, bytesPerSecond);
        // Otherwise the system would take the whole value at once.
        if (bytesPerSecond > 0)
            _listener.Server.ReceiveBufferSize = 16_384;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public Uri Url => new($"http://{_listener.LocalEndpoint}");

    /// <summary>How many connections there were.</summary>
    public int Accepted => _accepted;

    /// <summary>From now on, the bytes of the present connections vanish. Nobody closes them; new ones work.</summary>
    public void ForgetConnections() => _forgotten = _accepted;

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Stops each connection, in each direction, that carries so much more.</summary>
    /// <returns>Completes when one is stopped.</returns>
    public Task HoldAfter(long bytes)
    {
        var hold = new Hold(bytes);
        _hold = hold;
        return hold.Reached.Task;
    }

    /// <summary>Lets all connections go on.</summary>
    public void Release()
    {
        _hold?.Released.TrySetResult();
        _hold = null;
    }

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
            {
                var client = await _listener.AcceptTcpClientAsync(_end.Token);
                _connections.Add(ServeAsync(client, Interlocked.Increment(ref _accepted)));
            }
        }
        catch (OperationCanceledException)
        {
            // The test has ended.
        }
    }

    private async Task ServeAsync(TcpClient client, int number)
    {
        using var owned = client;
        using var server = new TcpClient();
        try
        {
            await server.ConnectAsync(IPAddress.Loopback, _target, _end.Token);
            await using var near = client.GetStream();
            await using var far = server.GetStream();
            await Task.WhenAny(CopyAsync(near, far, number), CopyAsync(far, near, number)).Unwrap();
        }
        catch (Exception end) when (end is OperationCanceledException or SocketException or IOException)
        {
            // One side has closed the connection.
        }
    }

    private async Task CopyAsync(NetworkStream from, NetworkStream to, int number)
    {
        var buffer = new byte[_bytesPerSecond > 0 ? Math.Max(1, _bytesPerSecond / 20) : 65_536];
        var (held, carried) = (_hold, 0L);
        while (await from.ReadAsync(buffer, _end.Token) is var count and > 0)
        {
            if (number <= _forgotten)
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, _end.Token);
            if (_hold is { } hold)
            {
                carried = held == hold ? carried + count : count;
                held = hold;
                if (carried > hold.Bytes)
                {
                    hold.Reached.TrySetResult();
                    await hold.Released.Task.WaitAsync(_end.Token);
                }
            }

            await to.WriteAsync(buffer.AsMemory(0, count), _end.Token);
            if (_bytesPerSecond == 0)
                continue;
            var time = TimeSpan.FromSeconds((double)count / _bytesPerSecond);
            await Task.Delay(time, TimeProvider.System, _end.Token);
        }
    }

    private sealed record Hold(long Bytes)
    {
        public TaskCompletionSource Reached { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Released { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
