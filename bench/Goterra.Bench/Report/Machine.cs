using System.Globalization;
using System.Runtime.InteropServices;
using Goterra.Bench.Measurements;

namespace Goterra.Bench.Report;

/// <summary>What a reader must know of the machine to make anything of the numbers.</summary>
internal static class Machine
{
    /// <summary>A name that says what the machine can, and not whose it is.</summary>
    public static string ShortName =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{Environment.ProcessorCount}-cores-{Gigabytes}gb-{RuntimeInformation.ProcessArchitecture}")
            .ToLowerInvariant();

    /// <summary>
    /// How many processes wanted a core in the last minute: beside a busy neighbour no number is final.
    /// </summary>
    public static string Load => File.ReadAllText("/proc/loadavg").Split(' ')[0];

    private static long Gigabytes => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 1_000_000_000;

    public static IEnumerable<(string Name, string Value)> Facts(BenchOptions options) =>
    [
        ("cores", $"{Environment.ProcessorCount}, shared by servers, stores and load generator"),
        ("CPU", Field("/proc/cpuinfo", "model name")),
        ("memory", $"{Gigabytes} GB"),
        ("kernel", Environment.OSVersion.Version.ToString()),
        ("runtime", RuntimeInformation.FrameworkDescription),
        ("GC of goterra-store", Collector(options.Store + ".runtimeconfig.json")),
        ("open files a process", OpenFiles.Limit.ToString(CultureInfo.InvariantCulture)),
    ];

    private static string Collector(string file) =>
        File.Exists(file) && File.ReadAllText(file).Contains("\"System.GC.Server\": true", StringComparison.Ordinal)
            ? "server"
            : "workstation";

    private static string Field(string file, string name) =>
        File.ReadLines(file).FirstOrDefault(
            line => line.StartsWith(name, StringComparison.Ordinal))?.Split(':', 2)[1].Trim()
            ?? "unknown";
}
