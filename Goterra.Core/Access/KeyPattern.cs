using System.Diagnostics.CodeAnalysis;
using Goterra.Core.Model;

namespace Goterra.Core.Access;

/// <summary>
/// The keys that a narrowed credential may access: one key, or all keys with a prefix, written with a <c>*</c> at the
/// end.
/// </summary>
public sealed record KeyPattern
{
    private readonly ValueKey? _exact;
    private readonly KeyPrefix? _prefix;

    private KeyPattern(ValueKey? exact, KeyPrefix? prefix) => (_exact, _prefix) = (exact, prefix);

    public string Text => _exact?.Text ?? _prefix!.Text + "*";

    /// <summary>
    /// Parses a pattern. On failure, <paramref name="error"/> states the rule that is broken, without repeating the
    /// text.
    /// </summary>
    public static bool TryParse(
        string? text, [NotNullWhen(true)] out KeyPattern? pattern, [NotNullWhen(false)] out string? error)
    {
        pattern = null;
        var star = text?.IndexOf('*', StringComparison.Ordinal) ?? -1;
        if (star >= 0 && star != text!.Length - 1)
        {
            error = "a pattern may contain only one '*', at its end";
        }
        else if (star >= 0)
        {
            if (KeyPrefix.TryParse(text![..star], out var prefix, out error))
                pattern = new KeyPattern(null, prefix);
        }
        else if (ValueKey.TryParse(text, out var exact, out error))
        {
            pattern = new KeyPattern(exact, null);
        }

        return pattern is not null;
    }

    public bool Covers(ValueKey key) => _exact is null ? _prefix!.Covers(key) : _exact == key;

    /// <summary>Whether it covers every key with this prefix.</summary>
    public bool Covers(KeyPrefix prefix) =>
        _prefix is not null && prefix.Text.StartsWith(_prefix.Text, StringComparison.Ordinal);

    public override string ToString() => Text;
}
