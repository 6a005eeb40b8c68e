using Goterra.Bench.Load;
using Goterra.Bench.Servers;

namespace Goterra.Bench.Measurements;

/// <summary>
/// Two instances on one Redis: one takes PUTs from 32 connections, the other holds no waits. What the second one costs.
/// </summary>
internal static class IdleInstance
{
    private const int Connections = 32;

    public static async Task<IdleInstanceRow> RunAsync(Yard yard, BenchOptions options)
    {
        using var busy = await yard.FreshAsync(options, embedded: false);
        using var idle = await yard.FreshAsync(options, embedded: false);
        WarmUp.Run(busy, options);
        var start = Client.Now;
        var before = idle.ProcessorTime;
        var puts = ClosedLoop.Run(busy.EndPoint, Connections, Request.Puts(busy), options.Round);
        var share = (idle.ProcessorTime - before) / TimeProvider.System.GetElapsedTime(start);
        var row = new IdleInstanceRow(puts.PerSecond, share);
        Console.WriteLine(row);
        return row;
    }
}

/// <param name="PutsPerSecond">At the busy instance.</param>
/// <param name="Share">Processor time of the idle one, as a share of one core.</param>
internal sealed record IdleInstanceRow(double PutsPerSecond, double Share);
