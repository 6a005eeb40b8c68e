using System.Diagnostics.CodeAnalysis;

namespace Goterra.Core.Model;

/// <summary>
/// Who reports a failure, such as the name of a machine: 1 to 512 bytes of UTF-8 without control, format or bidi
/// characters. Every key is one.
/// </summary>
public sealed record FailureSource
{
    /// <summary>The rule, for error messages.</summary>
    public const string Format =
        "a source is 1 to 512 bytes of UTF-8, without control, format or bidi characters or line breaks";

    private FailureSource(string text) => Text = text;

    public string Text { get; }

    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out FailureSource? source)
    {
        source = !string.IsNullOrEmpty(text) && KeyText.Fault(text, ValueKey.MaximumBytes) is null
            ? new FailureSource(text)
            : null;
        return source is not null;
    }

    /// <exception cref="FormatException">The text is not a valid source.</exception>
    public static FailureSource Parse(string text) =>
        TryParse(text, out var source) ? source : throw new FormatException(Format);

    public override string ToString() => Text;
}
