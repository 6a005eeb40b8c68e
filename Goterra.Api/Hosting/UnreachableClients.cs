using System.Net.Sockets;

namespace Goterra.Api.Hosting;

/// <summary>
/// Closes connections on which sent data has not been acknowledged, and nothing else has come, for 30 s. The kernel
/// would try for about 15 minutes, and sends no keep-alive probes meanwhile. Unlike TCP_USER_TIMEOUT (RFC 5482), this
/// spares slow readers: they acknowledge, even while their window is closed.
/// </summary>
internal sealed class UnreachableClients(ClientConnections connections, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);
    private const uint LimitMilliseconds = 30_000;

    // TCP_INFO of Linux (linux/tcp.h); .NET has no name for it.
    private const int TcpInfo = 11;
    private const int UnacknowledgedOffset = 24;
    private const int LastAcknowledgmentOffset = 56;
    private const int TcpInfoLength = 60;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!OperatingSystem.IsLinux())
            return;

        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            foreach (var connection in connections.Open)
            {
                if (connection.Socket is { } socket && IsUnreachable(socket))
                    connection.Abort("The client stopped acknowledging data.");
            }
        }
    }

    private static bool IsUnreachable(Socket socket)
    {
        Span<byte> info = stackalloc byte[TcpInfoLength];
        try
        {
            return socket.GetRawSocketOption((int)SocketOptionLevel.Tcp, TcpInfo, info) == TcpInfoLength
                && Number(info, UnacknowledgedOffset) > 0
                && Number(info, LastAcknowledgmentOffset) > LimitMilliseconds;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return false;
        }
    }

    private static uint Number(ReadOnlySpan<byte> info, int offset) => BitConverter.ToUInt32(info[offset..]);
}
