using System.CommandLine;

namespace Goterra.Cli.Arguments;

/// <summary>How long something of the server's lives.</summary>
internal static class Lifetime
{
    /// <summary>The value of <paramref name="option"/>, for the server to read; null where it isn't given.</summary>
    public static string? Of(ParseResult parsed, Option<string?> option)
    {
        var text = parsed.GetValue(option);
        if (text is not null && (!Duration.HasUnit(text) || !Duration.TryParse(text, out var time) || time == TimeSpan.Zero))
            throw CliException.Usage($"{option.Name} must be a time with a unit, like 90m, 48h or 7d");
        return text;
    }
}
