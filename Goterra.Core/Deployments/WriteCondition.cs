using Goterra.Core.Model;

namespace Goterra.Core.Deployments;

/// <summary>
/// What must be true of a key for a write or removal to happen (RFC 9110, section 13: If-Match, If-None-Match: *).
/// </summary>
public sealed record WriteCondition
{
    public static readonly WriteCondition None = new(ConditionKind.None, []);

    /// <summary>The key must not exist: of several concurrent writes, one succeeds.</summary>
    public static readonly WriteCondition Absent = new(ConditionKind.Absent, []);

    /// <summary>The key must exist, with any value.</summary>
    public static readonly WriteCondition Exists = new(ConditionKind.Exists, []);

    private WriteCondition(ConditionKind kind, IReadOnlyList<string> nonces) =>
        (Kind, Nonces) = (kind, nonces);

    public ConditionKind Kind { get; }

    /// <summary>For <see cref="ConditionKind.Matches"/>: one of these must be the nonce of the current tag.</summary>
    public IReadOnlyList<string> Nonces { get; }

    /// <param name="tags">In either form; see <see cref="EntityTag"/>.</param>
    public static WriteCondition Matches(IReadOnlyList<string> tags) =>
        new(ConditionKind.Matches, [.. tags.Select(EntityTag.NonceOf)]);
}

public enum ConditionKind
{
    None,
    Absent,
    Exists,
    Matches,
}
