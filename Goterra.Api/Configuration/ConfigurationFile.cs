using YamlDotNet.Core;

namespace Goterra.Api.Configuration;

/// <summary>Reads the configuration file and checks that each setting is a value, a list or a section.</summary>
internal static class ConfigurationFile
{
    private const int MaxBytes = 1_000_000;

    /// <exception cref="InvalidConfigurationException">
    /// The file cannot be read, is not YAML, or a setting has another form.
    /// </exception>
    public static IConfiguration Read(string path)
    {
        var file = Parse(path);
        foreach (var key in Settings.Scalars.Where(key => Section(file, key).GetChildren().Any()))
            throw SettingReader.Invalid(key, "must be a single value, not a list or a section");
        foreach (var key in Settings.Lists.Where(key => Section(file, key).Value is { Length: > 0 }))
            throw new InvalidConfigurationException($"{key}: must be a list");
        foreach (var name in Settings.Scalars.Concat(Settings.Lists)
            .Where(key => key.Contains('.', StringComparison.Ordinal))
            .SelectMany(SectionsOf)
            .Distinct()
            .Where(name => Section(file, name).Value is { Length: > 0 }))
            throw new InvalidConfigurationException($"{name}: must be a section with settings, not a value");
        return file;
    }

    // For web.tls.key: web, web.tls.
    private static IEnumerable<string> SectionsOf(string key) => key
        .Select((character, index) => (character, index))
        .Where(pair => pair.character == '.')
        .Select(pair => key[..pair.index]);

    private static IConfigurationSection Section(IConfiguration file, string key) =>
        file.GetSection(Settings.Path(key));

    private static IConfiguration Parse(string path)
    {
        if (new FileInfo(path) is { Exists: true, Length: > MaxBytes })
            throw new InvalidConfigurationException($"The configuration file {path} is larger than 1 MB.");
        try
        {
            return new ConfigurationBuilder().AddYamlFile(path, optional: true, reloadOnChange: false).Build();
        }
        catch (Exception e)
        {
            if (Causes(e).OfType<InvalidCastException>().Any())
                throw new InvalidConfigurationException(
                    $"{path}: invalid YAML: must have settings, such as \"data: folder\"");
            throw Causes(e).OfType<YamlException>().LastOrDefault() is { } syntax
                ? new InvalidConfigurationException(
                    $"{path}: invalid YAML in line {syntax.Start.Line}: {OneLine(syntax)}.")
                : Causes(e).FirstOrDefault(cause => cause is IOException or UnauthorizedAccessException) is { } cause
                    ? new InvalidConfigurationException(
                        $"The configuration file {path} cannot be read: {OneLine(cause)}.")
                    : new InvalidConfigurationException($"{path}: invalid YAML: {OneLine(Causes(e).Last())}.");
        }
    }

    private static IEnumerable<Exception> Causes(Exception e)
    {
        for (var cause = e; cause is not null; cause = cause.InnerException)
            yield return cause;
    }

    private static string OneLine(Exception e) => e.Message.ReplaceLineEndings(" ").TrimEnd('.', ' ');
}
