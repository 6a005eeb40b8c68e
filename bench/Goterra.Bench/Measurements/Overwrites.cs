using System.Security.Cryptography;
using Goterra.Bench.Load;
using Goterra.Bench.Servers;

namespace Goterra.Bench.Measurements;

/// <summary>
/// 20,000 overwrites of 50 keys with 10 KB from 8 connections: how large the data folder gets, and the longest PUT.
/// </summary>
internal static class Overwrites
{
    private const int Count = 20_000;
    private const int Keys = 50;
    private const int ValueBytes = 10_000;
    private const int Connections = 8;

    public static async Task<OverwritesRow> RunAsync(BenchOptions options)
    {
        using var server = await GoterraStore.StartAsync(options.Store, redis: null);
        var puts = Enumerable.Range(0, Keys).Select(
            index => server.PutOf($"overwritten-{index}", RandomNumberGenerator.GetBytes(ValueBytes))).ToList();

        // With the same keys: others would be live data too.
        ClosedLoop.Run(server.EndPoint, Connections, puts, options.WarmUp);

        using var stop = new CancellationTokenSource();
        var watch = FolderSizes.WatchAsync(server.DataFolder, stop.Token);
        Latencies result;
        try
        {
            result = ClosedLoop.Run(server.EndPoint, Connections, puts, Count);
        }
        finally
        {
            await stop.CancelAsync();
        }

        return new OverwritesRow(Keys * ValueBytes, await watch, result);
    }
}

/// <param name="LiveBytes">The values that can be read.</param>
internal sealed record OverwritesRow(long LiveBytes, FolderSizes Largest, Latencies Put)
{
    public double WithoutLogPerLiveByte => (double)Largest.WithoutLog / LiveBytes;
}
