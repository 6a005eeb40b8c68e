using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace Goterra.Api.Hosting;

/// <summary>
/// Detects clients that disappeared without closing their connection, such as a machine switched off during a wait.
/// After 15 s without traffic, the kernel sends up to three probes at intervals of 5 s. It sends none while data is
/// unacknowledged, as with an event stream: see <see cref="UnreachableClients"/>.
/// </summary>
internal static class KeepAlive
{
    /// <summary>Creates the listening socket; accepted connections inherit its settings.</summary>
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
