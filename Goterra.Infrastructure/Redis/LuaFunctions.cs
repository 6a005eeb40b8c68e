using System.Text.RegularExpressions;

namespace Goterra.Infrastructure.Redis;

/// <summary>
/// The functions of the prologue. Redis creates all functions of a script at each call, so each script has only those
/// that it calls. In the file, a blank line ends a function, and a function calls only those above it.
/// </summary>
internal static partial class LuaFunctions
{
    private static readonly List<(string Name, string Text)> All =
    [
        .. RedisScripts.Text("prologue").Split("\n\n")
            .Select(text => (Name: Declaration().Match(text).Groups[1].Value, Text: text.TrimEnd() + "\n"))
            .Where(function => function.Name.Length > 0),
    ];

    /// <summary>The text of the functions that a script calls, and of those that these call.</summary>
    public static string CalledBy(string script)
    {
        var called = NamesIn(script);
        var texts = new Stack<string>();
        foreach (var (name, text) in All.AsEnumerable().Reverse())
        {
            if (!called.Contains(name))
                continue;
            called.UnionWith(NamesIn(text));
            texts.Push(text);
        }

        return string.Concat(texts);
    }

    private static HashSet<string> NamesIn(string text) =>
        [.. Call().Matches(Comment().Replace(text, "")).Select(match => match.Groups[1].Value)];

    [GeneratedRegex(@"^local function (\w+)\(", RegexOptions.Multiline)]
    private static partial Regex Declaration();

    [GeneratedRegex(@"(\w+)\(")]
    private static partial Regex Call();

    [GeneratedRegex("^ *--.*$", RegexOptions.Multiline)]
    private static partial Regex Comment();
}
