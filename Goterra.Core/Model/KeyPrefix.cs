using System.Diagnostics.CodeAnalysis;

namespace Goterra.Core.Model;

/// <summary>A prefix of keys, as in <c>?filter=nodes/</c>; the empty one matches all keys.</summary>
public sealed record KeyPrefix
{
    public static readonly KeyPrefix All = new("");

    private KeyPrefix(string text) => Text = text;

    public string Text { get; }

    public bool Covers(ValueKey key) => key.Text.StartsWith(Text, StringComparison.Ordinal);

    public static bool TryParse(
        string? text, [NotNullWhen(true)] out KeyPrefix? prefix, [NotNullWhen(false)] out string? error)
    {
        error = KeyText.Fault(text ?? "", ValueKey.MaximumBytes) is { } fault ? "a prefix " + fault : null;
        prefix = error is null ? new KeyPrefix(text ?? "") : null;
        return error is null;
    }

    public override string ToString() => Text;
}
