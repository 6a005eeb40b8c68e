using System.Text;
using Goterra.Core.Model;

namespace Goterra.Infrastructure.Sqlite;

/// <summary>The keys that begin with a prefix, as a range in the order of their bytes.</summary>
internal static class KeyRange
{
    /// <returns>The first key of the range, and what comes right after its last: every BLOB sorts after every TEXT.</returns>
    public static (object First, object End) Of(KeyPrefix prefix) => (prefix.Text, (object?)End(prefix.Text) ?? Array.Empty<byte>());

    // UTF-8 sorts as code points do: the end is the prefix with its last code point raised by one; the highest one is carried over to the one before.
    private static string? End(string prefix)
    {
        var runes = prefix.EnumerateRunes().ToArray();
        for (var last = runes.Length - 1; last >= 0; last--)
        {
            if (runes[last].Value == 0x10FFFF)
                continue;

            var next = runes[last].Value == 0xD7FF ? 0xE000 : runes[last].Value + 1;
            return string.Concat(runes.Take(last).Select(rune => rune.ToString())) + new Rune(next);
        }

        return null;
    }
}
