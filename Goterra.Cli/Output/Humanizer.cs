using System.Globalization;

namespace Goterra.Cli.Output;

/// <summary>Formats durations and sizes for people.</summary>
internal static class Humanizer
{
    /// <summary>At most two units: `45s`, `12m03s`, `2h05m`, `3d04h`.</summary>
    public static string Duration(TimeSpan duration) => Invariant(duration switch
    {
        { Ticks: < 0 } => $"0s",
        { TotalMinutes: < 1 } => $"{duration.Seconds}s",
        { TotalHours: < 1 } => $"{duration.Minutes}m{duration.Seconds:00}s",
        { TotalDays: < 1 } => $"{duration.Hours}h{duration.Minutes:00}m",
        _ => $"{duration.Days}d{duration.Hours:00}h",
    });

    public static string Size(long bytes) => Invariant(bytes switch
    {
        < 1_000 => $"{bytes} B",
        < 1_000_000 => $"{bytes / 1e3:0.0} KB",
        _ => $"{bytes / 1e6:0.0} MB",
    });

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
