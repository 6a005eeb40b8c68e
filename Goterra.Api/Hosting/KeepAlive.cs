using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace Goterra.Api.Hosting;

/// <summary>
/// Notices clients that vanished without closing their connection: a machine that was switched off in the middle of a wait. After 15 s of silence the
/// kernel asks every 5 s whether anybody is there, three times.
/// </summary>
internal static class KeepAlive
{
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
        }

        return socket;
    }
}
