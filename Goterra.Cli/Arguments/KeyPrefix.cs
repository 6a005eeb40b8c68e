using System.CommandLine;
using System.Text;

namespace Goterra.Cli.Arguments;

/// <summary>The beginning of keys, such as `nodes/`.</summary>
internal sealed record KeyPrefix
{
    private KeyPrefix(string text) => Text = text;

    public string Text { get; }

    /// <summary>For a query.</summary>
    public string Escaped => Uri.EscapeDataString(Text);

    /// <summary>The value of <paramref name="option"/>, or null where it isn't given.</summary>
    public static KeyPrefix? Of(ParseResult parsed, Option<string?> option)
    {
        if (parsed.GetValue(option) is not { } text)
            return null;
        if (text.Length == 0)
            throw CliException.Usage($"{option.Name} is empty (an unset shell variable?)");
        if (Encoding.UTF8.GetByteCount(text) > ValueKey.LongestInBytes)
            throw CliException.Usage($"{option.Name} is longer than {ValueKey.LongestInBytes} bytes");
        if (text.EnumerateRunes().Any(ValueKey.IsForbidden))
            throw CliException.Usage($"{option.Name} contains a control, format or invalid character");
        return new KeyPrefix(text);
    }

    public override string ToString() => Text;
}
