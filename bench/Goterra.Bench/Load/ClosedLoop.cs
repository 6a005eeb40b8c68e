using System.Net;

namespace Goterra.Bench.Load;

/// <summary>
/// Every connection sends its next request as soon as the answer of the last one is complete. The requests go round.
/// </summary>
internal static class ClosedLoop
{
    public static Latencies Run(IPEndPoint server, int connections, IReadOnlyList<byte[]> requests, TimeSpan duration)
    {
        using var client = new Client(server, connections);
        var ticks = new List<long>(1 << 16);
        var sent = 0;
        var start = Client.Now;
        var end = start + (long)(duration.TotalSeconds * TimeProvider.System.TimestampFrequency);

        void Send(Connection connection, long now) => connection.Send(requests[sent++ % requests.Count], now);

        void Again(Connection connection, long now)
        {
            ticks.Add(now - connection.SentAt);
            Send(connection, now);
        }

        foreach (var connection in client.Connections)
            Send(connection, Client.Now);
        while (Client.Now < end)
            client.Serve(connections, Again);

        return Latencies.Of(ticks, ticks.Count / TimeProvider.System.GetElapsedTime(start).TotalSeconds);
    }

    /// <param name="count">How many requests are sent, at least one for each connection.</param>
    public static Latencies Run(IPEndPoint server, int connections, IReadOnlyList<byte[]> requests, int count)
    {
        using var client = new Client(server, connections);
        var ticks = new List<long>(count);
        var sent = 0;
        var start = Client.Now;

        void Send(Connection connection, long now) => connection.Send(requests[sent++ % requests.Count], now);

        foreach (var connection in client.Connections)
            Send(connection, Client.Now);
        client.Serve(count, (connection, now) =>
        {
            ticks.Add(now - connection.SentAt);
            if (sent < count)
                Send(connection, now);
        });

        return Latencies.Of(ticks, count / TimeProvider.System.GetElapsedTime(start).TotalSeconds);
    }
}
