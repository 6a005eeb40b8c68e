using Goterra.Bench.Load;
using Goterra.Bench.Servers;

namespace Goterra.Bench.Measurements;

/// <summary>Thousands of waits at once, each for a key of its own (the worst case): what they cost in memory, and what a write costs beside them.</summary>
internal static class HeldWaits
{
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
        ClosedLoop.Run(server.EndPoint, 32, server.Put, options.WarmUp);
        ClosedLoop.Run(server.EndPoint, 32, server.Get, options.WarmUp);
        await Task.Delay(Settle, TimeProvider.System);
        var before = server.ResidentBytes;

        var (after, beside) = await HoldAsync(server, waits, options);

        // Afterwards and not before: the code is as warm then as it was beside the waits, or warmer.
        await Task.Delay(Settle, TimeProvider.System);
        var alone = ClosedLoop.Run(server.EndPoint, 1, server.Put, options.Round);
        return new HeldRow(server.Name, waits, before, after, alone, beside);
    }

    private static async Task<(long After, Latencies Beside)> HoldAsync(GoterraStore server, int waits, BenchOptions options)
    {
        using var client = new Client(server.EndPoint, 0);
        for (var i = 0; i < waits; i++)
            client.Connect(server.EndPoint).Send(server.WaitOf($"held/{i}"), Client.Now);
        await Task.Delay(Settle, TimeProvider.System);
        client.StillQuiet();
        var after = server.ResidentBytes;

        var beside = ClosedLoop.Run(server.EndPoint, 1, server.Put, options.Round);
        client.StillQuiet();
        return (after, beside);
    }
}

/// <param name="Before">Resident memory of the server after warm-up.</param>
/// <param name="After">And with all waits held.</param>
/// <param name="Alone">PUT on one connection without the waits.</param>
/// <param name="Beside">And beside them.</param>
internal sealed record HeldRow(string Target, int Waits, long Before, long After, Latencies Alone, Latencies Beside)
{
    public double BytesPerWait => (double)(After - Before) / Waits;
}
