using System.Globalization;

namespace Goterra.Bench.Measurements;

/// <summary>
/// How many files a process may have open here. The runtime raises its soft limit to the hard one by itself.
/// </summary>
internal static class OpenFiles
{
    /// <summary>Kept free: 500 that the server reserves, and 500 for other connections of the run.</summary>
    private const int OtherFiles = 1_000;

    public static int Limit { get; } = Read();

    /// <summary>So many connections can one process hold beside its other files.</summary>
    public static int ForConnections => Limit - OtherFiles;

    private static int Read()
    {
        var line = File.ReadLines("/proc/self/limits").First(
            line => line.StartsWith("Max open files", StringComparison.Ordinal));
        return int.TryParse(
            line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[4], CultureInfo.InvariantCulture, out var limit)
            ? limit
            : 1_000_000;
    }
}
