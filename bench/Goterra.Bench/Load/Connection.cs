using System.Net;
using System.Net.Sockets;

namespace Goterra.Bench.Load;

/// <summary>One kept-alive HTTP connection with at most one request under way.</summary>
internal sealed class Connection : IDisposable
{
    private const int ConnectionsPerSource = 4000;

    private readonly Socket _socket = new(
        AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
    { NoDelay = true };
    private byte[]? _partial;

    /// <param name="index">Its number in its client. Every few thousand come from another loopback address: the ports
    /// of one would not last.</param>
    public Connection(IPEndPoint server, int index)
    {
        Index = index;
        if (index >= ConnectionsPerSource)
            _socket.Bind(new IPEndPoint(IPAddress.Parse($"127.0.0.{10 + (index / ConnectionsPerSource)}"), 0));
        _socket.Connect(server);
        Handle = (int)_socket.Handle;
    }

    public int Index { get; }

    public int Handle { get; }

    /// <summary>When the request under way was sent.</summary>
    public long SentAt { get; private set; }

    /// <summary>In an answer that has no end: what is waited for in it.</summary>
    public byte[]? Sign { get; set; }

    /// <summary>How often the sign must come.</summary>
    public int Signs { get; set; } = 1;

    public void Send(ReadOnlySpan<byte> request, long now)
    {
        SentAt = now;
        if (Epoll.Send(Handle, request) != request.Length)
            throw new IOException("A request did not fit the socket's buffer.");
    }

    /// <summary>Takes what has come.</summary>
    /// <returns>The status of an answer that is complete now, else 0.</returns>
    public int Receive(Span<byte> buffer)
    {
        var kept = _partial?.Length ?? 0;
        _partial?.CopyTo(buffer);
        var count = Epoll.Receive(Handle, buffer[kept..]);
        if (count == 0)
            throw new IOException("The server closed a connection.");

        var received = buffer[..(kept + count)];
        if (Sign is { } sign)
            return TakeSigns(received, sign);

        var status = Reply.StatusOf(received);
        _partial = status == 0 ? received.ToArray() : null;
        return status;
    }

    private int TakeSigns(ReadOnlySpan<byte> received, byte[] sign)
    {
        // The rest of a message whose sign has been seen is not another answer.
        if (Signs == 0)
            return 0;

        for (var at = received.IndexOf(sign); at >= 0 && Signs > 0; at = received.IndexOf(sign))
        {
            Signs--;
            received = received[(at + sign.Length)..];
        }

        // A sign may be split between two receptions.
        _partial = Signs > 0 ? received[^Math.Min(received.Length, sign.Length - 1)..].ToArray() : null;
        return Signs > 0 ? 0 : 200;
    }

    public void Dispose() => _socket.Dispose();
}
