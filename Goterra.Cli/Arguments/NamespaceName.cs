namespace Goterra.Cli.Arguments;

internal static class NamespaceName
{
    private const int Longest = 63;

    public static string Parse(string text)
    {
        if (text.Length is 0 or > Longest || !char.IsAsciiLetterOrDigit(text[0]) || !text.All(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '_'))
            throw CliException.Usage($"a namespace is 1 to {Longest} letters, digits, - and _, and begins with a letter or digit");
        return text;
    }
}
