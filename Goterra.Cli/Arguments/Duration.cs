using System.Globalization;

namespace Goterra.Cli.Arguments;

internal static class Duration
{
    private static readonly TimeSpan Longest = TimeSpan.FromDays(365);

    /// <summary>`90s`, `20m`, `1h`, `7d`; a bare number counts minutes, as it did in the original client.</summary>
    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = default;
        if (text.Length == 0)
            return false;

        var seconds = SecondsOf(text[^1]);
        var digits = HasUnit(text) ? text.AsSpan(..^1) : text;
        if (seconds == 0 || !long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            || count > Longest.TotalSeconds / seconds)
        {
            return false;
        }

        duration = TimeSpan.FromSeconds(count * seconds);
        return true;
    }

    /// <summary>Whether the unit is written out; the server counts a bare number in seconds, this client in minutes.</summary>
    public static bool HasUnit(string text) => text.Length > 0 && !char.IsAsciiDigit(text[^1]);

    private static long SecondsOf(char last) => last switch
    {
        's' => 1,
        'm' or (>= '0' and <= '9') => 60,
        'h' => 3600,
        'd' => 86400,
        _ => 0,
    };
}
