using System.Diagnostics.CodeAnalysis;

namespace Goterra.Core.Model;

/// <summary>
/// The name of a namespace: an ASCII letter or digit, then up to 62 ASCII letters, digits, '-' and '_'. Case-sensitive.
/// </summary>
public sealed record NamespaceName
{
    /// <summary>The format, for error messages.</summary>
    public const string Format =
        "a namespace must have 1 to 63 letters, digits, '-' and '_', and start with a letter or digit";

    private const int MaximumLength = 63;

    private NamespaceName(string text) => Text = text;

    public string Text { get; }

    public static bool TryParse(string? text, [NotNullWhen(true)] out NamespaceName? name)
    {
        name = text is { Length: > 0 and <= MaximumLength } && char.IsAsciiLetterOrDigit(text[0])
            && text.All(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '_')
            ? new NamespaceName(text)
            : null;
        return name is not null;
    }

    /// <exception cref="FormatException">The text is not a valid name.</exception>
    public static NamespaceName Parse(string text) =>
        TryParse(text, out var name) ? name : throw new FormatException(Format);

    public override string ToString() => Text;
}
