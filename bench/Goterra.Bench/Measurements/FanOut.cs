using Goterra.Bench.Load;
using Goterra.Bench.Servers;

namespace Goterra.Bench.Measurements;

/// <summary>
/// One PUT that wakes thousands who wait for its key: how long until the last of them has the whole answer.
/// </summary>
internal static class FanOut
{
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(1.5);

    public static async Task<List<FanOutRow>> RunAsync(Yard yard, BenchOptions options)
    {
        var rows = new List<FanOutRow>();
        foreach (var embedded in new[] { false, true })
        {
            using var server = await yard.FreshAsync(options, embedded);
            foreach (var waiters in new[] { 1_000, 10_000 })
            {
                rows.Add(await MeasureAsync(server, waiters, options.Rounds + 2));
                Console.WriteLine(rows[^1]);
            }
        }

        return rows;
    }

    private static async Task<FanOutRow> MeasureAsync(GoterraStore server, int waiters, int rounds)
    {
        var question = server.PutOf("pace");
        using var client = new Client(server.EndPoint, waiters + 1);
        var writer = client.Connections[0];
        var answers = new List<Latencies>();
        for (var round = 0; round < rounds; round++)
        {
            var key = $"fan/{waiters}/{round}";
            var wait = server.WaitOf(key);
            for (var i = 0; i < waiters; i++)
            {
                client.Connections[i + 1].Send(wait, Client.Now);
                client.KeepPace(i, question);
            }

            await Task.Delay(Settle, TimeProvider.System);
            client.StillQuiet();

            var ticks = new List<long>(waiters);
            writer.Send(server.PutOf(key), Client.Now);
            client.Serve(waiters + 1, (_, now) => ticks.Add(now - writer.SentAt));
            answers.Add(Latencies.Of(ticks));
        }

        // The first rounds are the warm-up.
        var median = Latencies.Median(answers[2..]);
        return new FanOutRow(server.Name, waiters, median.P50, median.Longest);
    }
}

/// <param name="Half">When half of them had it.</param>
/// <param name="Last">When all of them had it.</param>
internal sealed record FanOutRow(string Target, int Waiters, TimeSpan Half, TimeSpan Last);
