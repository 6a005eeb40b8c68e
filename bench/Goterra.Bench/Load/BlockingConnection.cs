using System.Net;
using System.Net.Sockets;

namespace Goterra.Bench.Load;

/// <summary>
/// A kept-alive HTTP connection that blocks the calling thread for each exchange. Unlike <see cref="Connection"/>, it
/// takes large answers.
/// </summary>
internal sealed class BlockingConnection : IDisposable
{
    private const int MinFree = 32 * 1024;

    private readonly Socket _socket = new(
        AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
    { NoDelay = true };
    private byte[] _buffer = new byte[2 * MinFree];

    public BlockingConnection(IPEndPoint server) => _socket.Connect(server);

    /// <returns>The status of the answer.</returns>
    public int Exchange(byte[] request)
    {
        _socket.Send(request);
        var received = 0;
        while (true)
        {
            if (_buffer.Length - received < MinFree)
                Array.Resize(ref _buffer, 2 * _buffer.Length);

            var count = _socket.Receive(_buffer.AsSpan(received));
            if (count == 0)
                throw new IOException("The server closed a connection.");

            received += count;
            if (Reply.StatusOf(_buffer.AsSpan(0, received)) is > 0 and var status)
                return status;
        }
    }

    /// <exception cref="InvalidDataException">The status is not 200.</exception>
    public void ExchangeOk(byte[] request)
    {
        if (Exchange(request) is not 200 and var status)
            throw new InvalidDataException($"A request was answered with {status}.");
    }

    public void Dispose() => _socket.Dispose();
}
