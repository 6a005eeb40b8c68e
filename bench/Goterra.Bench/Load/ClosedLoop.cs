namespace Goterra.Bench.Load;

/// <summary>Every connection sends its next request as soon as the answer of the last one is complete.</summary>
internal static class ClosedLoop
{
    public static Latencies Run(Client client, byte[] request, TimeSpan duration)
    {
        var ticks = new List<long>(1 << 20);
        var start = Client.Now;
        var end = start + (long)(duration.TotalSeconds * TimeProvider.System.TimestampFrequency);
        var underWay = client.Connections.Count;
        var now = start;
        foreach (var connection in client.Connections)
            connection.Send(request, Client.Now);

        void OnAnswer(Connection connection, int status)
        {
            now = Client.Now;
            Expect.Ok(status);
            ticks.Add(now - connection.SentAt);
            if (now < end)
                connection.Send(request, now);
            else
                underWay--;
        }

        while (underWay > 0)
            client.Serve(OnAnswer);

        return Latencies.Of(ticks, ticks.Count / TimeProvider.System.GetElapsedTime(start, now).TotalSeconds);
    }
}
