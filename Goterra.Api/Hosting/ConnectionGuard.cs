namespace Goterra.Api.Hosting;

/// <summary>
/// Closes connections whose TLS handshake and headers of the first request have not arrived within 30 to 35 s. Kestrel
/// waits for 130 s before the first byte of a request.
/// </summary>
internal sealed class ConnectionGuard(ClientConnections connections, TimeProvider time) : BackgroundService
{
    public static readonly TimeSpan FirstRequestTimeout = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            foreach (var connection in connections.Open)
            {
                if (!connection.HasRequest && connection.Age >= FirstRequestTimeout)
                    connection.Abort("The client sent no request.");
            }
        }
    }
}
