namespace Goterra.Core.Deployments;

/// <summary>What must hold for a write or delete of a key to happen (RFC 9110, section 13: If-Match, If-None-Match: *).</summary>
public sealed record WriteCondition
{
    public static readonly WriteCondition None = new(ConditionKind.None, []);

    /// <summary>The key must not exist: of several that race, one wins.</summary>
    public static readonly WriteCondition Absent = new(ConditionKind.Absent, []);

    /// <summary>The key must exist, whatever its value.</summary>
    public static readonly WriteCondition Exists = new(ConditionKind.Exists, []);

    private WriteCondition(ConditionKind kind, IReadOnlyList<string> tags) => (Kind, Tags) = (kind, tags);

    public ConditionKind Kind { get; }

    /// <summary>For <see cref="ConditionKind.Matches"/>: entity tags, one of which must be the current one. Foreign ones never match.</summary>
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
