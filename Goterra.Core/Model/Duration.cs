using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Goterra.Core.Model;

/// <summary>
/// The notation of time spans: <c>90s</c>, <c>30m</c>, <c>24h</c>, <c>7d</c>, or a bare number of seconds.
/// </summary>
public static class Duration
{
    /// <summary>The format, for error messages.</summary>
    public const string Format =
        "a duration is a whole number followed by s, m, h or d (90s, 30m, 24h, 7d), or a bare number of seconds";

    private const long MaximumSeconds = 100L * 365 * 24 * 3600;

    /// <summary>Parses a duration. False for anything negative, empty, fractional or longer than 100 years.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out TimeSpan duration)
    {
        duration = default;
        if (string.IsNullOrEmpty(text))
            return false;

        long unit = text[^1] switch { 's' => 1, 'm' => 60, 'h' => 3600, 'd' => 86400, _ => 0 };
        var digits = unit == 0 ? text : text[..^1];
        if (!long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            return false;

        unit = Math.Max(unit, 1);
        if (number > MaximumSeconds / unit)
            return false;

        duration = TimeSpan.FromSeconds(number * unit);
        return true;
    }
}
