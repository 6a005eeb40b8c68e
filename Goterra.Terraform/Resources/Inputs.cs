using Goterra.Cli.Protocol;
using Goterra.Terraform.Runtime;
using Goterra.Terraform.Values;

namespace Goterra.Terraform.Resources;

/// <summary>Checks and converts attributes. What is not known yet is not checked.</summary>
internal static class Inputs
{
    /// <exception cref="DiagnosticException">The attribute is not a duration.</exception>
    public static void CheckDuration(ObjectValue config, string attribute)
    {
        if (config.Text(attribute) is not null)
            Span(config, attribute);
    }

    /// <exception cref="DiagnosticException">The attribute is not a duration.</exception>
    public static TimeSpan Span(ObjectValue config, string attribute) =>
        Duration.TryParse(config.Text(attribute), out var span) && span > TimeSpan.Zero
            ? span
            : throw new DiagnosticException(
                "Invalid duration", $"`{attribute}` must be a time such as \"90s\", \"30m\", \"24h\" or \"7d\".",
                attribute);

    public static void CheckKey(ObjectValue config, string attribute)
    {
        if (config.Text(attribute) is { } text)
            Key(text, attribute);
    }

    /// <exception cref="DiagnosticException">It is not a key.</exception>
    public static ValueKey Key(string text, string attribute) => ValueKey.TryParse(text, out var key, out var error)
        ? key
        : throw new DiagnosticException("Invalid key", $"`{attribute}`: {error}.", attribute);

    /// <summary>Null if it is not set.</summary>
    /// <exception cref="DiagnosticException">It is not a prefix.</exception>
    public static KeyPrefix? Prefix(ObjectValue config, string attribute)
    {
        if (config.Text(attribute) is not { } text)
            return null;
        return text.Length > 0 && KeyPrefix.TryParse(text, out var prefix, out var error)
            ? prefix
            : throw new DiagnosticException(
                "Invalid prefix", $"`{attribute}` must be the beginning of a key, such as \"nodes/\".", attribute);
    }

    /// <summary>At most one of two attributes may be set.</summary>
    /// <exception cref="DiagnosticException">Both are.</exception>
    public static void CheckNotBoth(ObjectValue config, string one, string other)
    {
        if (IsKnown(config, one) && IsKnown(config, other))
            throw new DiagnosticException(
                "Conflicting attributes", $"Set either `{one}` or `{other}`, not both.", other);
    }

    /// <summary>Exactly one of two attributes must be set.</summary>
    /// <exception cref="DiagnosticException">Both are, or none.</exception>
    public static void CheckEither(ObjectValue config, string one, string other)
    {
        CheckNotBoth(config, one, other);
        if (!config.IsSet(one) && !config.IsSet(other))
            throw new DiagnosticException("Missing attribute", $"Set `{one}` or `{other}`.");
    }

    /// <exception cref="DiagnosticException">An element of the list is null.</exception>
    public static void CheckElements(ObjectValue config, string attribute)
    {
        if (config[attribute] is ListValue list && list.Items.Any(item => item.IsNull))
            throw new DiagnosticException("Invalid list", $"`{attribute}` must not contain null.", attribute);
    }

    /// <summary>The attributes `read`, `write`, `full`, `observe` and `fail` of a token or ticket.</summary>
    /// <exception cref="DiagnosticException">They exclude each other, or are missing.</exception>
    public static void CheckScope(ObjectValue config, bool isFullByDefault)
    {
        CheckElements(config, "read");
        CheckElements(config, "write");
        var isNarrow = IsKnown(config, "read") || IsKnown(config, "write");
        var isWhole = config.Flag("full") || config.Flag("observe");
        if (isNarrow && isWhole)
        {
            throw new DiagnosticException(
                "Conflicting attributes", "`full` and `observe` exclude `read` and `write`.",
                config.Flag("full") ? "full" : "observe");
        }

        string[] scope = ["read", "write", "full", "observe"];
        if (!isNarrow && !isWhole && !isFullByDefault && !scope.Any(config.IsUnknown))
        {
            throw new DiagnosticException(
                "Missing attribute",
                "Set `read` and `write` to the keys that the machine needs, or `observe` or `full` to true.");
        }
    }

    /// <summary>Whether an attribute is set to a value that is known.</summary>
    public static bool IsKnown(ObjectValue config, string attribute) =>
        config.IsSet(attribute) && !config.IsUnknown(attribute);

    public static string[]? Patterns(ObjectValue config, string attribute) => config.Texts(attribute)?.ToArray();

    /// <summary>`fail = false`; otherwise the default of the server.</summary>
    public static bool? MayFail(ObjectValue config) =>
        config.IsSet("fail") && !config.Flag("fail") ? false : null;

    public static TokenBody TokenBody(ObjectValue config) => new(
        config.Text("ttl"),
        Patterns(config, "read"),
        Patterns(config, "write"),
        MayFail(config),
        config.Flag("observe") ? true : null);
}
