using Goterra.Bench.Load;
using Goterra.Bench.Servers;

namespace Goterra.Bench.Measurements;

/// <summary>
/// Thousands of waits at once, each for a key of its own (the worst case): what they cost in memory, and what a write
/// costs beside them.
/// </summary>
internal static class HeldWaits
{
    /// <summary>
    /// So many have waited before anything is measured: the code of waiting is compiled then. They stay.
    /// </summary>
    private const int WarmUpWaits = 100;

    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(3);

    public static async Task<List<HeldRow>> RunAsync(Yard yard, BenchOptions options)
    {
        var rows = new List<HeldRow>();
        foreach (var embedded in new[] { false, true })
        {
            foreach (var wanted in new[] { 1_000, 5_000, 20_000 })
            {
                using var server = await yard.FreshAsync(options, embedded);
                rows.Add(await MeasureAsync(server, Math.Min(wanted, OpenFiles.ForConnections), options));
                Console.WriteLine(rows[^1]);
            }
        }

        return rows;
    }

    private static async Task<HeldRow> MeasureAsync(GoterraStore server, int waits, BenchOptions options)
    {
        WarmUp.Run(server, options);
        using var client = new Client(server.EndPoint, 1);
        Hold(client, server, "warm", WarmUpWaits);

        // Before the waits, and not after them: the server then still puts away what thousands of them have left.
        await Task.Delay(Settle, TimeProvider.System);
        client.StillQuiet();
        var alone = Put(server, options);
        var before = server.ResidentBytes;

        Hold(client, server, "held", waits);
        await Task.Delay(Settle, TimeProvider.System);
        client.StillQuiet();
        var after = server.ResidentBytes;
        var beside = Put(server, options);
        client.StillQuiet();
        return new HeldRow(server.Name, waits, before, after, alone, beside);
    }

    private static void Hold(Client client, GoterraStore server, string name, int waits)
    {
        var question = server.PutOf("pace");
        for (var i = 0; i < waits; i++)
        {
            client.Connect(server.EndPoint).Send(server.WaitOf($"{name}/{i}"), Client.Now);
            client.KeepPace(i, question);
        }
    }

    // The first round is thrown away: a server that was busy or idle right before answers in another way.
    private static Latencies Put(GoterraStore server, BenchOptions options)
    {
        var puts = Request.Puts(server);
        ClosedLoop.Run(server.EndPoint, 1, puts, options.Round);
        return ClosedLoop.Run(server.EndPoint, 1, puts, options.Round);
    }
}

/// <param name="Before">Resident memory of the server after warm-up and the writes without the waits.</param>
/// <param name="After">And with all waits held.</param>
/// <param name="Alone">PUT on one connection without the waits.</param>
/// <param name="Beside">And beside them.</param>
internal sealed record HeldRow(string Target, int Waits, long Before, long After, Latencies Alone, Latencies Beside)
{
    public double BytesPerWait => (double)(After - Before) / Waits;
}
