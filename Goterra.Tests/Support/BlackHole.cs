using System.Net;
using System.Net.Sockets;

namespace Goterra.Tests.Support;

/// <summary>An address that swallows all attempts to connect, such as a replica that is switched off.</summary>
internal sealed class BlackHole : IDisposable
{
    public static readonly IPAddress Address = IPAddress.Parse("127.0.0.66");

    private readonly List<Socket> _sockets = [];

    /// <param name="port">The port that does not answer.</param>
    public BlackHole(int port)
    {
        var listener = NewSocket();
        listener.Bind(new IPEndPoint(Address, port));
        listener.Listen(0);
        // Nobody accepts the first connection. While it fills the queue, Linux ignores all others.
        NewSocket().Connect(Address, port);
    }

    public void Dispose() => _sockets.ForEach(socket => socket.Dispose());

    private Socket NewSocket()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        _sockets.Add(socket);
        return socket;
    }
}
