using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace Goterra.Core.Deployments;

/// <summary>
/// The name of a value in its deployment: 1 to 512 bytes of UTF-8 without control, format or bidi characters. It may
/// contain <c>/</c>, but not at an end or doubled, and no segment is <c>.</c> or <c>..</c>. Compared byte by byte.
/// </summary>
public sealed record ValueKey
{
    /// <summary>The longest key, in bytes of UTF-8.</summary>
    public const int MaximumBytes = 512;

    private ValueKey(string text) => Text = text;

    public string Text { get; }

    /// <summary>Reads a key; when it is refused, <paramref name="error"/> says which rule it breaks, without repeating it.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out ValueKey? key, [NotNullWhen(false)] out string? error)
    {
        error = Fault(text);
        key = error is null ? new ValueKey(text!) : null;
        return error is null;
    }

    /// <summary>Reads a key from UTF-8, as it stands in a request's path after percent-decoding.</summary>
    public static bool TryParse(ReadOnlySpan<byte> utf8, [NotNullWhen(true)] out ValueKey? key, [NotNullWhen(false)] out string? error)
    {
        key = null;
        error = "a key is UTF-8; these bytes are not";
        return System.Text.Unicode.Utf8.IsValid(utf8) && TryParse(Encoding.UTF8.GetString(utf8), out key, out error);
    }

    /// <exception cref="FormatException">The text is no key.</exception>
    public static ValueKey Parse(string text) => TryParse(text, out var key, out var error) ? key : throw new FormatException(error);

    public override string ToString() => Text;

    private static string? Fault(string? text)
    {
        if (string.IsNullOrEmpty(text))
            return "the key is empty; a key has 1 to 512 bytes";
        if (KeyText.Fault(text, MaximumBytes) is { } fault)
            return "a key " + fault;
        if (text[0] == '/' || text[^1] == '/')
            return "a key neither begins nor ends with '/'";

        foreach (var segment in text.AsSpan().Split('/'))
        {
            switch (text.AsSpan(segment))
            {
                case "":
                    return "a key has no doubled '/'";
                case "." or "..":
                    return "no segment of a key is '.' or '..'";
            }
        }

        return null;
    }
}

/// <summary>The rules that keys and prefixes share.</summary>
internal static class KeyText
{
    public static string? Fault(string text, int maximumBytes)
    {
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune == Rune.ReplacementChar)
                return "is text in UTF-8, without lone surrogates or replacement characters";
            if (Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format
                or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator)
                return "has no control, format or bidi characters and no line breaks";
        }

        return Encoding.UTF8.GetByteCount(text) > maximumBytes ? $"has at most {maximumBytes} bytes of UTF-8" : null;
    }
}
