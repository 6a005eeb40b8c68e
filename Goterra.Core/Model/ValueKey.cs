using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace Goterra.Core.Model;

/// <summary>
/// The key of a value in its deployment: 1 to 512 bytes of UTF-8 without control, format or bidi characters. It may
/// contain <c>/</c>, but not at either end or doubled, and no segment is <c>.</c> or <c>..</c>. Compared byte by byte.
/// </summary>
public sealed record ValueKey
{
    /// <summary>The maximum length, in bytes of UTF-8.</summary>
    public const int MaximumBytes = 512;

    private ValueKey(string text) => Text = text;

    public string Text { get; }

    /// <summary>
    /// Parses a key. On failure, <paramref name="error"/> states the rule that is broken, without repeating the text.
    /// </summary>
    public static bool TryParse(
        string? text, [NotNullWhen(true)] out ValueKey? key, [NotNullWhen(false)] out string? error)
    {
        error = Fault(text);
        key = error is null ? new ValueKey(text!) : null;
        return error is null;
    }

    /// <summary>Parses a key from UTF-8, such as the percent-decoded path of a request.</summary>
    public static bool TryParse(
        ReadOnlySpan<byte> utf8, [NotNullWhen(true)] out ValueKey? key, [NotNullWhen(false)] out string? error)
    {
        key = null;
        error = "a key must be valid UTF-8";
        return System.Text.Unicode.Utf8.IsValid(utf8) && TryParse(Encoding.UTF8.GetString(utf8), out key, out error);
    }

    /// <exception cref="FormatException">The text is not a valid key.</exception>
    public static ValueKey Parse(string text) =>
        TryParse(text, out var key, out var error) ? key : throw new FormatException(error);

    public override string ToString() => Text;

    private static string? Fault(string? text)
    {
        if (string.IsNullOrEmpty(text))
            return "the key is empty; it must have 1 to 512 bytes";
        if (KeyText.Fault(text, MaximumBytes) is { } fault)
            return "a key " + fault;
        if (text[0] == '/' || text[^1] == '/')
            return "a key must not start or end with '/'";

        foreach (var segment in text.AsSpan().Split('/'))
        {
            switch (text.AsSpan(segment))
            {
                case "":
                    return "a key must not contain '//'";
                case "." or "..":
                    return "a segment of a key must not be '.' or '..'";
            }
        }

        return null;
    }
}

/// <summary>The rules for both keys and prefixes.</summary>
internal static class KeyText
{
    public static string? Fault(string text, int maximumBytes)
    {
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune == Rune.ReplacementChar)
                return "must be valid UTF-8 without replacement characters";
            if (Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format
                or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator)
                return "must not contain control, format or bidi characters or line breaks";
        }

        return Encoding.UTF8.GetByteCount(text) > maximumBytes
            ? $"must have at most {maximumBytes} bytes of UTF-8"
            : null;
    }
}
