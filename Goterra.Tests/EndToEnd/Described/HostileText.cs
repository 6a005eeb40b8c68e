using System.Text;
using CsCheck;

namespace Goterra.Tests.EndToEnd.Described;

/// <summary>Texts that a program may take for something else.</summary>
internal static class HostileText
{
    /// <summary>Part of every text that must not be in the log.</summary>
    public const string Canary = "CANARY";

    private static readonly string[] Known =
    [
        "", " ", "0", "-1", "1e9", "NaN", "0x10", "99999999999999999999", "1.5", "\u0663", "true,false", "null", "[]",
        "{}", "\"", "'", "\"\"", "W/\"1\"", "*", "**", "a*b", "..", ".", "/", "//", "a//b", "/a/", "a/../b", "@id@",
        "-", "%", "%zz", "%00", "%0d%0aX-Forged: 1", "\u202Ea", "\u200B", "\u00E9", "\uFFFD", "\U0001F600", "<script>",
        "' OR 1=1 --", "${jndi:ldap://x}", "{0}", "{@x}", "a=b;c", "\u001b[31m", "10000d", "1s", "-5m", "1h1h", "max",
        "text/event-stream", "Bearer", "Bearer  ", "a, b", "a=\"1\", a=\"2\"", "00000000-0000-0000-0000-000000000000",
    ];

    private static readonly Gen<string> Random =
        Gen.String[0, 60].Select(text => string.Concat(text.Where(character => !char.IsSurrogate(character))));

    /// <summary>Any characters.</summary>
    public static readonly Gen<string> Any = Gen.Frequency(
        (6, Gen.OneOf(Known)),
        (3, Random.Select(text => Canary + text)),
        (1, Gen.Int[100, 9_000].Select(length => Canary + new string('a', length))));

    /// <summary>For a path: a log has paths as they were sent.</summary>
    public static readonly Gen<string> Path = Gen.Frequency(
        (6, Gen.OneOf(Known)),
        (2, Random),
        (1, Gen.Int[100, 3_000].Select(length => new string('a', length))));

    /// <summary>For a header: neither NUL nor line breaks, nor white space at an end.</summary>
    public static readonly Gen<string> Header = Any.Select(text =>
        string.Concat(text.Where(character => character is >= ' ' and not '\u007f')).Trim());

    /// <summary>Percent-encodes a text, or leaves it as malformed as it can be sent.</summary>
    public static Gen<string> Encoded(Gen<string> texts) => Gen.Select(texts, Gen.Int[0, 9], (text, how) => how switch
    {
        0 => string.Concat(text.Where(character => character is > ' ' and < '\u007f' and not ('?' or '#'))),
        1 => Uri.EscapeDataString(text) + "%ff%fe",
        2 => string.Concat(Encoding.UTF8.GetBytes(text).Select(one => $"%{one:x2}")),
        _ => Uri.EscapeDataString(text),
    });
}
