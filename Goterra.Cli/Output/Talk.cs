using System.Globalization;
using System.Text;

namespace Goterra.Cli.Output;

/// <summary>What the program tells a person: one line each on stderr.</summary>
internal sealed class Talk(TextWriter error)
{
    private const int Longest = 2000;

    public void Say(string text)
    {
        error.WriteLine($"goterra-cli: {Escape(text)}");
        error.Flush();
    }

    /// <summary>Text from a server may end up on a terminal: no line breaks, no escape sequences, no reversed reading order.</summary>
    internal static string Escape(string text)
    {
        var line = new StringBuilder(text.Length);
        foreach (var rune in text.Trim().EnumerateRunes())
        {
            if (line.Length > Longest)
                return line.Append("...").ToString();

            if (Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format
                or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator)
            {
                line.Append(CultureInfo.InvariantCulture, $"\\u{{{rune.Value:x}}}");
            }
            else
            {
                line.Append(rune.ToString());
            }
        }

        return line.ToString();
    }
}
