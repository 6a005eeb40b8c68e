using System.Globalization;
using System.Text;

namespace Goterra.Cli.Arguments;

/// <summary>
/// A key that the server would take. Checked here too, and not only to fail early: `rm ..` must never become a request whose
/// path a URL parser or a proxy shortens to that of the deployment.
/// </summary>
internal sealed record ValueKey
{
    public const int LongestInBytes = 512;

    private ValueKey(string text) => Text = text;

    public string Text { get; }

    /// <summary>Percent-encoded by segment: proxies refuse or rewrite `%2F`, so the slash stays itself.</summary>
    public string Path => string.Join('/', Text.Split('/').Select(Uri.EscapeDataString));

    public static ValueKey Parse(string text)
    {
        if (text.Length == 0)
            throw CliException.Usage("the KEY is empty (an unset shell variable?)");
        if (Encoding.UTF8.GetByteCount(text) > LongestInBytes)
            throw CliException.Usage($"the KEY is longer than {LongestInBytes} bytes");
        if (text.EnumerateRunes().Any(IsForbidden))
            throw CliException.Usage("the KEY contains a control, format or invalid character");
        if (text.Split('/').Any(segment => segment is "" or "." or ".."))
            throw CliException.Usage("the KEY must not begin or end with a slash, nor contain //, or . or .. between slashes");
        return new ValueKey(text);
    }

    public override string ToString() => Text;

    internal static bool IsForbidden(Rune rune) =>
        rune == Rune.ReplacementChar || Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format;
}
