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
    public static string Text => string.Join('\n', Settings.Scalars.Concat(Settings.Lists).Select(Describe));

    private static string Describe(string key)
    {
        var help = All.GetValueOrDefault(key) ?? new SettingHelp("", "", "");
        var name = ServerArguments.Settable.Contains(key) ? $"--{key}" : key;
        var source = Settings.Lists.Contains(key) ? "only in the file" : Settings.Variable(key);
        return $"  {name} ({source}){(Settings.Reloadable.Contains(key) ? " *" : "")}\n{Wrap($"{help.Meaning} Value: {help.Range}; default: {help.Default}.")}";
    }

    private static Dictionary<string, SettingHelp> Read()
    {
        using var document = typeof(SettingsHelp).Assembly.GetManifestResourceStream("configuration.md")
            ?? throw new InvalidOperationException("The program lacks configuration.md.");
        using var reader = new StreamReader(document);
        return Row().Matches(reader.ReadToEnd()).ToDictionary(
            row => row.Groups["key"].Value,
            row => new SettingHelp(
                Plain(row.Groups["range"].Value), Plain(row.Groups["default"].Value), Plain(row.Groups["meaning"].Value)));
    }

    private static string Plain(string markdown) =>
        Link().Replace(markdown, "$1").Replace("`", "", StringComparison.Ordinal).Trim();

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
        @"(?m)^\| `(?<key>[a-z_.0-9]+)` \| (?:`GOT_[A-Z_0-9]+`|only in the file) \| (?<range>[^|]*) \| (?<default>[^|]*) \| (?<meaning>[^|]*) \|$")]
    private static partial Regex Row();

    [GeneratedRegex(@"\[([^\]]*)\]\([^)]*\)")]
    private static partial Regex Link();
}

/// <param name="Range">The values that are accepted.</param>
internal sealed record SettingHelp(string Range, string Default, string Meaning);
