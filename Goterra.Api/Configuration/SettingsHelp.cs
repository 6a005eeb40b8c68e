using System.Text.RegularExpressions;

namespace Goterra.Api.Configuration;

/// <summary>
/// The settings for <c>--help</c>: meaning, range and default from the table of docs/configuration.md, which is part of
/// the program.
/// </summary>
internal static partial class SettingsHelp
{
    private const int Width = 100;
    private const string Indent = "      ";

    public static IReadOnlyDictionary<string, SettingHelp> All { get; } = Read();

    /// <summary>All settings, each with its option and variable, meaning, range and default.</summary>
    public static string Lines => string.Join('\n', Settings.Scalars.Concat(Settings.Lists).Select(Describe));

    private static string Describe(string key)
    {
        var help = All.GetValueOrDefault(key) ?? new SettingHelp("", "", "");
        var name = ServerArguments.Settable.Contains(key) ? $"--{key}" : key;
        var source = Settings.Lists.Contains(key) ? "only in the file" : Settings.Variable(key);
        var mark = Settings.Reloadable.Contains(key) ? " *" : "";
        return $"  {name} ({source}){mark}\n{Wrap($"{help.Meaning} Value: {help.Range}; default: {help.Default}.")}";
    }

    private static Dictionary<string, SettingHelp> Read()
    {
        using var document = typeof(SettingsHelp).Assembly.GetManifestResourceStream("configuration.md")
            ?? throw new InvalidOperationException("The program lacks configuration.md.");
        using var reader = new StreamReader(document);
        return Row().Matches(reader.ReadToEnd()).ToDictionary(
            row => row.Groups["key"].Value,
            row => new SettingHelp(Text(row, "range"), Text(row, "default"), Text(row, "meaning")));
    }

    private static string Text(Match row, string column) =>
        Link().Replace(row.Groups[column].Value, "$1").Replace("`", "", StringComparison.Ordinal).Trim();

    private static string Wrap(string text)
    {
        var lines = new List<string> { Indent };
        foreach (var word in text.Split(' '))
        {
            if (lines[^1].Length > Indent.Length && lines[^1].Length + word.Length > Width)
                lines.Add(Indent);
            lines[^1] += word + " ";
        }

        return string.Join('\n', lines.Select(line => line.TrimEnd()));
    }

    [GeneratedRegex(
        @"(?m)^\| `(?<key>[a-z_.0-9]+)` \| (?:`GOT_[A-Z_0-9]+`|only in the file) \| "
        + @"(?<range>[^|]*) \| (?<default>[^|]*) \| (?<meaning>[^|]*) \|$")]
    private static partial Regex Row();

    [GeneratedRegex(@"\[([^\]]*)\]\([^)]*\)")]
    private static partial Regex Link();
}

/// <param name="Range">The values that are accepted.</param>
internal sealed record SettingHelp(string Range, string Default, string Meaning);
