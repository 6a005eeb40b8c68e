namespace Goterra.Core.Deployments;

/// <summary>On what terms a key is written or removed.</summary>
/// <param name="Condition">What must hold of the key itself.</param>
/// <param name="IdempotencyKey">See <see cref="ValueWrite"/>.</param>
public sealed record WriteTerms(WriteCondition Condition, string? IdempotencyKey = null)
{
    /// <summary>The shortest lease.</summary>
    public static readonly TimeSpan ShortestLease = TimeSpan.FromSeconds(1);

    /// <summary>The longest lease: who needs longer renews it.</summary>
    public static readonly TimeSpan LongestLease = TimeSpan.FromHours(24);

    /// <summary>The value is there for so long, unless it is renewed: it is a lease. Null for a value that stays.</summary>
    public TimeSpan? Lease { get; init; }

    /// <summary>Another key's lease that the writer must hold.</summary>
    public Fence? Fence { get; init; }
}

/// <summary>A lease that must be alive, and in the same hands, for a write to happen: a leader that was stopped past its lease changes nothing any more.</summary>
/// <param name="Key">The key of the lease.</param>
/// <param name="Tag">Its entity tag, as the answer to taking it had it; renewals with the same value keep it.</param>
public sealed record Fence(ValueKey Key, string Tag);
