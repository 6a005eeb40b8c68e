namespace Goterra.Cli.Arguments;

internal static class EntityTag
{
    /// <summary>An ETag as a header carries it; scripts may leave out the quotes.</summary>
    public static string Parse(string text, string option)
    {
        var bare = text.Trim('"');
        if (bare.Length == 0 || !bare.All(character => character is > ' ' and < (char)127 and not '"'))
            throw CliException.Usage($"{option} is not an ETag");
        return $"\"{bare}\"";
    }
}
