using Goterra.Bench.Load;
using Goterra.Bench.Servers;

namespace Goterra.Bench.Measurements;

/// <summary>
/// Two instances on one Redis: one takes PUTs from 32 connections, the other holds no waits. What the second one costs.
/// </summary>
internal static class IdleInstance
{
    private const int Connections = 32;

    // Processor time is counted in steps of 10 ms: a single round would be too coarse for an aim of 2 %.
    private const int Rounds = 5;

    public static async Task<IdleInstanceRow> RunAsync(Yard yard, BenchOptions options)
    {
        using var busy = await yard.FreshAsync(options, embedded: false);
        using var idle = await yard.FreshAsync(options, embedded: false);
        WarmUp.Run(busy, options);
        var duration = options.Round * Rounds;

        var start = Client.Now;
        var before = idle.ProcessorTime;
        await Task.Delay(duration, TimeProvider.System);
        var alone = Share(idle.ProcessorTime - before, start);

        start = Client.Now;
        before = idle.ProcessorTime;
        var puts = ClosedLoop.Run(busy.EndPoint, Connections, Request.Puts(busy), duration);
        var row = new IdleInstanceRow(puts.PerSecond, Share(idle.ProcessorTime - before, start), alone);
        Console.WriteLine(row);
        return row;
    }

    private static double Share(TimeSpan processor, long start) =>
        processor / TimeProvider.System.GetElapsedTime(start);
}

/// <param name="PutsPerSecond">At the busy instance.</param>
/// <param name="Share">Processor time of the idle one, as a share of one core.</param>
/// <param name="Alone">The same while the other one is idle too.</param>
internal sealed record IdleInstanceRow(double PutsPerSecond, double Share, double Alone);
