using System.Globalization;
using Goterra.Core.Model;

namespace Goterra.Api.Configuration;

/// <summary>
/// Reads single settings. An invalid one is an <see cref="InvalidConfigurationException"/> that names it.
/// </summary>
internal sealed class SettingReader(IConfiguration configuration)
{
    public string? Text(string key) => configuration[Settings.Path(key)] is { Length: > 0 } text ? text : null;

    public int Number(string key, int fallback, int minimum, int maximum) =>
        (int)Number(key, (long)fallback, minimum, maximum);

    public long Number(string key, long fallback, long minimum, long maximum)
    {
        var text = Text(key)?.Replace("_", "", StringComparison.Ordinal);
        if (text is null)
            return fallback;
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture,
            out var number) && number >= minimum && number <= maximum)
            return number;
        throw Invalid(
            key, string.Create(CultureInfo.InvariantCulture, $"must be an integer from {minimum} to {maximum}"));
    }

    public bool Flag(string key) => Text(key)?.ToLowerInvariant() switch
    {
        null or "false" or "0" or "no" or "off" => false,
        "true" or "1" or "yes" or "on" => true,
        _ => throw Invalid(key, "must be true or false"),
    };

    public TimeSpan? Span(string key, TimeSpan minimum, TimeSpan maximum)
    {
        if (Text(key) is not { } text)
            return null;
        if (Duration.TryParse(text, out var span) && span >= minimum && span <= maximum)
            return span;
        throw Invalid(key, $"{Duration.Format}; from {minimum.TotalSeconds:0}s to {maximum.TotalHours:0}h");
    }

    /// <summary>The value of a setting, or those of all members of a list, by their path.</summary>
    public Dictionary<string, string> Values(string key) => configuration.GetSection(Settings.Path(key))
        .AsEnumerable()
        .Where(pair => pair.Value is { Length: > 0 })
        .ToDictionary(pair => pair.Key, pair => pair.Value!);

    public IEnumerable<IConfigurationSection> List(string key) =>
        configuration.GetSection(Settings.Path(key)).GetChildren();

    /// <summary>The error does not contain the value: it may be a secret in the wrong place.</summary>
    public static InvalidConfigurationException Invalid(string key, string format) =>
        new($"{key} ({Settings.Variable(key)}): {format}");
}
