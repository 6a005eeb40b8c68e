using System.Globalization;
using Goterra.Api.Configuration;

namespace Goterra.Api.Hosting;

/// <summary>
/// The number of files and connections that the process may have open. Without descriptors left, accepting a connection
/// would end the process. At start, the runtime raises the soft limit to the hard one.
/// </summary>
internal static class OpenFiles
{
    private const string LimitsFile = "/proc/self/limits";
    private const string Label = "Max open files";

    // For the store, the log and the libraries; and connections that are accepted only to be closed.
    private const int Reserve = 200;

    /// <summary>Null if there is no limit, or it is unknown.</summary>
    public static int? Limit { get; } = Read();

    /// <summary>The maximum number of connections; null for any number.</summary>
    public static int? MaxConnections => Limit is { } limit ? Math.Max(limit - Reserve, limit / 2) : null;

    /// <summary>Reduces the number of waits to that of connections: each wait holds one.</summary>
    public static ServerOptions Apply(ServerOptions options)
    {
        if (MaxConnections is not { } connections || options.Limits.Waits <= connections)
            return options;

        var warning = string.Create(
            CultureInfo.InvariantCulture,
            $"limits.waits is {connections}: this process may open {Limit} files (LimitNOFILE, ulimit -n).");
        return options with
        {
            Limits = options.Limits with
            {
                Waits = connections,
                WaitsPerAddress = (int)Math.Max(
                    1, (long)options.Limits.WaitsPerAddress * connections / options.Limits.Waits),
            },
            Warnings = [.. options.Warnings, warning],
        };
    }

    private static int? Read()
    {
        if (!File.Exists(LimitsFile))
            return null;

        var line = File.ReadLines(LimitsFile).FirstOrDefault(
            one => one.StartsWith(Label, StringComparison.Ordinal));
        return line?[Label.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var soft, ..]
            && int.TryParse(soft, NumberStyles.None, CultureInfo.InvariantCulture, out var limit)
            ? limit
            : null;
    }
}
