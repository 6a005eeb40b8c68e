using System.Globalization;
using Goterra.Bench.Report;
using Goterra.Bench.Servers;

namespace Goterra.Bench.Soak;

/// <summary><c>soak [MINUTES] [FILE]</c>: both stores for an hour, or as long as asked.</summary>
internal static class SoakCommand
{
    public const string Name = "soak";

    private const int DefaultMinutes = 60;

    /// <param name="args">How many minutes, and the file for the report; without a file it is only printed.</param>
    /// <returns>The exit code: 1 if there was an error.</returns>
    public static async Task<int> RunAsync(IReadOnlyList<string> args, string program)
    {
        var duration = TimeSpan.FromMinutes(
            args.Count > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : DefaultMinutes);
        var load = Machine.Load;
        using var redis = await RedisServer.StartAsync();
        var results = await Task.WhenAll(
            SoakRun.RunAsync(program, redis: null, duration), SoakRun.RunAsync(program, redis, duration));
        var report = SoakReport.Write(DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().Date), load, results);
        Console.WriteLine(report);
        if (args.Count > 1)
            await File.WriteAllTextAsync(args[1], report);
        return results.Any(result => result.Tally.ErrorCount > 0) ? 1 : 0;
    }
}
