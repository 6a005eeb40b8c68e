using System.Globalization;

namespace Goterra.Cli.Output;

/// <summary>Times and sizes as people read them.</summary>
internal static class Human
{
    /// <summary>Two units at most: `45s`, `12m03s`, `2h05m`, `3d04h`.</summary>
    public static string Span(TimeSpan span) => Text(span switch
    {
        { Ticks: < 0 } => $"0s",
        { TotalMinutes: < 1 } => $"{span.Seconds}s",
        { TotalHours: < 1 } => $"{span.Minutes}m{span.Seconds:00}s",
        { TotalDays: < 1 } => $"{span.Hours}h{span.Minutes:00}m",
        _ => $"{span.Days}d{span.Hours:00}h",
    });

    public static string Size(long bytes) => Text(bytes switch
    {
        < 1_000 => $"{bytes} B",
        < 1_000_000 => $"{bytes / 1e3:0.0} KB",
        _ => $"{bytes / 1e6:0.0} MB",
    });

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
