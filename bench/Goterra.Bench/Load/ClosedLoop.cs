using System.Net;

namespace Goterra.Bench.Load;

/// <summary>Every connection sends its next request as soon as the answer of the last one is complete.</summary>
internal static class ClosedLoop
{
    public static Latencies Run(IPEndPoint server, int connections, byte[] request, TimeSpan duration)
    {
        using var client = new Client(server, connections);
        var ticks = new List<long>(1 << 16);
        var start = Client.Now;
        var end = start + (long)(duration.TotalSeconds * TimeProvider.System.TimestampFrequency);
        foreach (var connection in client.Connections)
            connection.Send(request, Client.Now);

        void Again(Connection connection, long now)
        {
            ticks.Add(now - connection.SentAt);
            connection.Send(request, now);
        }

        while (Client.Now < end)
            client.Serve(connections, Again);

        return Latencies.Of(ticks, ticks.Count / TimeProvider.System.GetElapsedTime(start).TotalSeconds);
    }
}
