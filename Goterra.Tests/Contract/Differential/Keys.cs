using Goterra.Core.Model;

namespace Goterra.Tests.Contract.Differential;

/// <summary>
/// Few keys, so that operations collide. Some sort or match differently as UTF-16, ignoring case, or as SQL patterns.
/// </summary>
internal static class Keys
{
    /// <summary>The keys of leases.</summary>
    public static readonly string[] Leases = ["leader", "a/b"];

    public static readonly string[] Others = ["a", "A", "a_b", "a%b", "a/\uFF41", "a/\U0001F600", "a\u00E4", "z"];

    public static readonly string[] All = [.. Leases, .. Others];

    public static readonly string[] Prefixes =
        ["", "a", "A", "a/", "a_", "a%", "a/\uFF41", "a/\U0001F600", "l", "zz", "\U0010FFFD"];

    public static KeyPrefix Prefix(string text) =>
        KeyPrefix.TryParse(text, out var prefix, out var error) ? prefix : throw new FormatException(error);
}
