namespace Goterra.Cli.Protocol;

internal static class HeaderText
{
    /// <summary>
    /// Whether the text is one word of visible ASCII: tokens, tickets and ETags, which go unescaped into headers, lines
    /// of output and shell variables.
    /// </summary>
    public static bool IsWord(string? text) =>
        text is { Length: > 0 } && text.All(character => character is > ' ' and < (char)127);
}
