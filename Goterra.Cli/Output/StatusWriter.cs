using System.Globalization;
using System.Text;
using Goterra.Cli.Runtime;

namespace Goterra.Cli.Output;

/// <summary>Writes messages to stderr, one line each.</summary>
internal sealed class StatusWriter(TextWriter error, bool isTerminal, Func<bool> isInForeground)
{
    private const int MaxLength = 2000;

    /// <summary>A longer line would wrap on a narrow terminal, and could not be erased.</summary>
    private const int MaxTransientLength = 79;

    private readonly Lock _lock = new();
    private bool _hasTransient;

    public bool IsTerminal { get; } = isTerminal;

    /// <summary>A background process must not overwrite the line that is being typed.</summary>
    public bool AllowsTransient => IsTerminal && isInForeground();

    public void WriteLine(string text)
    {
        lock (_lock)
        {
            Write($"{EraseSequence()}{ClientProgram.Name}: {Escape(text)}{Environment.NewLine}");
            _hasTransient = false;
        }
    }

    /// <summary>Writes a line that the next one replaces. For terminals.</summary>
    public void WriteTransient(string text)
    {
        lock (_lock)
        {
            var line = $"{ClientProgram.Name}: {Escape(text)}";
            Write(
                EraseSequence() + (line.Length > MaxTransientLength ? line[..(MaxTransientLength - 3)] + "..." : line));
            _hasTransient = true;
        }
    }

    public void ClearTransient()
    {
        lock (_lock)
        {
            if (_hasTransient)
                Write(EraseSequence());
            _hasTransient = false;
        }
    }

    /// <summary>
    /// Escapes text of a server for a terminal: line breaks, escape sequences, changes of the reading order.
    /// </summary>
    internal static string Escape(string text)
    {
        var line = new StringBuilder(text.Length);
        foreach (var rune in text.Trim().EnumerateRunes())
        {
            if (line.Length > MaxLength)
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

    private string EraseSequence() => _hasTransient ? "\r\u001b[K" : "";

    private void Write(string text)
    {
        try
        {
            error.Write(text);
            error.Flush();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Stderr is closed, or a log file on a full disk. The exit code and a running command still matter.
        }
    }
}
