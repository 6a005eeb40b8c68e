using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace Goterra.Api.Hosting;

/// <summary>
/// Notices clients that vanished without closing their connection: a machine that was switched off in the middle of a wait. After 15 s of silence the
/// kernel asks every 5 s whether anybody is there, three times. It does not ask while it waits for something to be acknowledged, as in a stream of events:
/// then it gives up when that has taken 30 s, instead of a quarter of an hour.
/// </summary>
internal static class KeepAlive
{
    // TCP_USER_TIMEOUT of RFC 5482, in milliseconds; the framework has no name for it.
    private const int TcpUserTimeout = 18;
    private const int AcknowledgedWithin = 30_000;

    /// <summary>Accepted connections inherit the settings of the socket that listens.</summary>
    public static Socket Bind(EndPoint endPoint)
    {
        var socket = SocketTransportOptions.CreateDefaultBoundListenSocket(endPoint);
        if (endPoint is IPEndPoint)
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 15);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 5);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 3);
            if (OperatingSystem.IsLinux())
                socket.SetRawSocketOption((int)SocketOptionLevel.Tcp, TcpUserTimeout, BitConverter.GetBytes(AcknowledgedWithin));
        }

        return socket;
    }
}
