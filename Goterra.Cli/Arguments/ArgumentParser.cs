using System.CommandLine;
using Goterra.Cli.Protocol;
using Goterra.Cli.Runtime;

namespace Goterra.Cli.Arguments;

/// <summary>Parses arguments and option values. Invalid ones are usage errors.</summary>
internal static class ArgumentParser
{
    private static readonly TimeSpan MaxTimeout = TimeSpan.FromDays(365);
    private static readonly TimeSpan MaxLeaseTtl = TimeSpan.FromHours(24);

    // Checked by the client too: the path of `rm ..` would be normalized to that of the deployment.
    public static ValueKey Key(string text)
    {
        if (text.Length == 0)
            throw CliException.Usage("the KEY is empty (is a shell variable unset?)");
        return ValueKey.TryParse(text, out var key, out var error)
            ? key
            : throw CliException.Usage($"invalid KEY: {error}");
    }

    public static KeyPrefix? Prefix(ParseResult parsed, Option<string?> option)
    {
        if (parsed.GetValue(option) is not { } text)
            return null;
        if (text.Length == 0)
            throw CliException.Usage($"{option.Name} is empty (is a shell variable unset?)");
        return KeyPrefix.TryParse(text, out var prefix, out var error)
            ? prefix
            : throw CliException.Usage($"invalid {option.Name}: {error}");
    }

    /// <summary>The source of a failure; null if the option is not given.</summary>
    public static FailureSource? Source(ParseResult parsed, Option<string?> option)
    {
        if (parsed.GetValue(option) is not { } text)
            return null;
        if (text.Length == 0)
            throw CliException.Usage($"{option.Name} is empty (is a shell variable unset?)");
        return FailureSource.TryParse(text, out var source)
            ? source
            : throw CliException.Usage($"invalid {option.Name}: {FailureSource.Format}");
    }

    public static NamespaceName Namespace(string text) =>
        NamespaceName.TryParse(text, out var name)
            ? name
            : throw CliException.Usage($"invalid namespace: {NamespaceName.Format}");

    /// <summary>An ETag as in the header. Scripts may leave out the quotes.</summary>
    public static string EntityTag(string text, Option<string?> option)
    {
        var bare = text.Trim('"');
        return HeaderText.IsWord(bare) && !bare.Contains('"', StringComparison.Ordinal)
            ? $"\"{bare}\""
            : throw CliException.Usage($"{option.Name} is not an ETag");
    }

    /// <summary>A timeout. A bare number is in minutes, as in the original client.</summary>
    public static bool TryParseTimeout(string text, out TimeSpan timeout) =>
        Duration.TryParse(HasUnit(text) ? text : text + "m", out timeout) && timeout <= MaxTimeout;

    /// <summary>A lifetime that the server parses; null if the option is not given.</summary>
    public static string? Lifetime(ParseResult parsed, Option<string?> option)
    {
        var text = parsed.GetValue(option);
        if (text is not null
            && (!HasUnit(text) || !Duration.TryParse(text, out var lifetime) || lifetime == TimeSpan.Zero))
            throw CliException.Usage($"{option.Name} must be a time with a unit, such as 90m, 48h or 7d");
        return text;
    }

    /// <summary>A minimum age; null if the option is not given.</summary>
    public static TimeSpan? Age(ParseResult parsed, Option<string?> option) =>
        parsed.GetValue(option) is not { } text ? null
            : HasUnit(text) && Duration.TryParse(text, out var age) ? age
            : throw CliException.Usage($"{option.Name} must be a time with a unit, such as 10m");

    /// <summary>How long a lease lasts without a renewal.</summary>
    public static TimeSpan LeaseTtl(ParseResult parsed, Option<string?> option, TimeSpan defaultTtl)
    {
        if (parsed.GetValue(option) is not { } text)
            return defaultTtl;
        return HasUnit(text) && Duration.TryParse(text, out var ttl) && ttl > TimeSpan.Zero && ttl <= MaxLeaseTtl
            ? ttl
            : throw CliException.Usage($"{option.Name} must be a time with a unit, from 1s to 24h");
    }

    // Required where the server parses the value too: there, a bare number is in seconds.
    private static bool HasUnit(string text) => text.Length > 0 && !char.IsAsciiDigit(text[^1]);
}
