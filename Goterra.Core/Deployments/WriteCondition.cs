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

    private WriteCondition(ConditionKind kind, IReadOnlyList<string> tags) => (Kind, Tags) = (kind, tags);

    public ConditionKind Kind { get; }

    /// <summary>For <see cref="ConditionKind.Matches"/>: one of these entity tags must be the current one.</summary>
    public IReadOnlyList<string> Tags { get; }

    public static WriteCondition Matches(IReadOnlyList<string> tags) => new(ConditionKind.Matches, tags);
}

public enum ConditionKind
{
    None,
    Absent,
    Exists,
    Matches,
}
