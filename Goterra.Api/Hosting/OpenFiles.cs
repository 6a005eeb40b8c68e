using System.Globalization;

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
