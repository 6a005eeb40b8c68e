using Goterra.Bench.Load;
using Goterra.Bench.Servers;

namespace Goterra.Bench.Measurements;

/// <summary>
/// From the start of the process to the first 200 of /health/ready: with an empty folder, and with many deployments
/// after a stop with SIGTERM.
/// </summary>
internal static class StartUp
{
    private const int Connections = 32;

    public static async Task<List<StartUpRow>> RunAsync(BenchOptions options) =>
        [await EmptyAsync(options), await FilledAsync(options)];

    private static async Task<StartUpRow> EmptyAsync(BenchOptions options)
    {
        var times = new List<TimeSpan>();
        for (var round = 0; round < options.Rounds; round++)
        {
            using var process = await GoterraStore.LaunchAsync(options.Store, redis: null);
            times.Add(process.ReadyAfter);
        }

        return Row(0, times, 0);
    }

    private static async Task<StartUpRow> FilledAsync(BenchOptions options)
    {
        using var process = await GoterraStore.LaunchAsync(options.Store, redis: null);
        ClosedLoop.Run(process.EndPoint, Connections, [StoreDeployment.Creation], options.Deployments);
        var times = new List<TimeSpan>();
        for (var round = 0; round < options.Rounds; round++)
        {
            await process.RestartAsync(TimeSpan.Zero);
            times.Add(process.ReadyAfter);
        }

        return Row(options.Deployments, times, FolderSizes.Of(GoterraStore.DataFolderOf(process)).Total);
    }

    private static StartUpRow Row(int deployments, List<TimeSpan> times, long dataBytes)
    {
        times.Sort();
        return new StartUpRow(deployments, times[times.Count / 2], times[^1], dataBytes);
    }
}

/// <param name="Median">Of several starts.</param>
/// <param name="DataBytes">Size of the data folder after the last start.</param>
internal sealed record StartUpRow(int Deployments, TimeSpan Median, TimeSpan Longest, long DataBytes);
