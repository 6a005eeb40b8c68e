using System.Globalization;
using Goterra.Api.Configuration;
using Goterra.Core.Model;

namespace Goterra.Api.Hosting;

/// <summary>
/// The number of files and connections that the process may have open. Without descriptors left, accepting a connection
/// would end the process. At start, the runtime raises the soft limit to the hard one.
/// </summary>
internal static class OpenFiles
{
    private const string LimitsFile = "/proc/self/limits";
    private const string Label = "Max open files";

    // An idle server has about 280 files open, of which 250 are libraries. The rest is for what it loads and opens
    // later: readers of the store, value files, connections to Redis and to the auth service.
    private const int Reserve = 500;

    private const int MinConnections = 16;

    private static readonly Limits Defaults = new();

    /// <summary>Null if there is no limit, or it is unknown.</summary>
    public static int? Limit { get; } = Read();

    /// <summary>The maximum number of connections; null for any number.</summary>
    private static int? MaxConnections => Limit is { } limit ? Math.Max(limit - Reserve, MinConnections) : null;

    /// <summary>Lowers the limits on connections and waits to what the files allow, with a warning.</summary>
    public static ServerOptions Restrict(ServerOptions options)
    {
        if (MaxConnections is not { } max)
            return options;

        var limits = options.Limits with { Connections = Math.Min(options.Limits.Connections ?? max, max) };
        List<string> reduced = [];
        if (options.Limits.Connections > max)
            reduced.Add("limits.connections");
        // Each wait holds a connection.
        if (limits.Waits > max)
        {
            reduced.Add("limits.waits");
            limits = limits with
            {
                Waits = max,
                WaitsPerAddress = limits.WaitsPerAddress == Defaults.WaitsPerAddress
                    ? Math.Max(1, max / 2)
                    : Math.Min(limits.WaitsPerAddress, max),
            };
        }

        var warnings = reduced.Select(name => string.Create(
            CultureInfo.InvariantCulture,
            $"{name} is {max}: this process may open {Limit} files (LimitNOFILE, ulimit -n)."));
        return options with { Limits = limits, Warnings = [.. options.Warnings, .. warnings] };
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
