using System.Globalization;
using System.Text;

namespace Goterra.Cli.Output;

/// <summary>What the program tells a person: one line each on stderr.</summary>
internal sealed class Talk(TextWriter error, bool isTerminal)
{
    private const int Longest = 2000;

    /// <summary>A longer line would wrap in a narrow terminal, and could not be replaced.</summary>
    private const int LongestOnTerminal = 79;

    private readonly Lock _writing = new();
    private bool _showsPassing;

    public bool IsTerminal { get; } = isTerminal;

    public void Say(string text)
    {
        lock (_writing)
        {
            Write($"{Erased()}goterra-cli: {Escape(text)}{Environment.NewLine}");
            _showsPassing = false;
        }
    }

    /// <summary>A line that stands only until there is something newer; for terminals.</summary>
    public void Pass(string text)
    {
        lock (_writing)
        {
            var line = $"goterra-cli: {Escape(text)}";
            Write(Erased() + (line.Length > LongestOnTerminal ? line[..(LongestOnTerminal - 3)] + "..." : line));
            _showsPassing = true;
        }
    }

    public void EndPassing()
    {
        lock (_writing)
        {
            if (_showsPassing)
                Write(Erased());
            _showsPassing = false;
        }
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

    private string Erased() => _showsPassing ? "\r\u001b[K" : "";

    private void Write(string text)
    {
        try
        {
            error.Write(text);
            error.Flush();
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            // Closed, or a log on a full disk. Nobody can be told, but the exit code still counts, and so does the command that runs.
        }
    }
}
