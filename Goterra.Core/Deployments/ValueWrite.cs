using Goterra.Core.Access;
using Goterra.Core.Model;

namespace Goterra.Core.Deployments;

/// <summary>A put or removal of one key.</summary>
/// <param name="Epoch">That of the caller's credential; the write is refused unless it is current.</param>
/// <param name="Condition">What must be true of the key for the write to happen.</param>
/// <param name="IdempotencyKey">With a condition: a repeated write with the same idempotency key returns the first
/// result for 24 h, so that a lost response does not lock the winner out. It is bound to credential, verb, key,
/// condition, lease, fence and value; used with anything else it is
/// <see cref="OutcomeKind.IdempotencyKeyReused"/>.</param>
public sealed record ValueWrite(
    DeploymentId Id, ValueKey Key, EpochProof Epoch, WriteCondition Condition, string? IdempotencyKey)
{
    public static readonly TimeSpan MinLease = TimeSpan.FromSeconds(1);

    /// <summary>A longer lease has to be renewed.</summary>
    public static readonly TimeSpan MaxLease = TimeSpan.FromHours(24);

    /// <summary>
    /// Makes the value a lease: it expires after this time unless it is renewed. Null for a value without expiry.
    /// </summary>
    public TimeSpan? Lease { get; init; }

    /// <summary>
    /// With a lease: the failure to report if it lapses, neither renewed nor given back (a dead man's switch). Null for
    /// none. A renewal keeps that of the lease if it has none of its own; any other write replaces or disarms it, and
    /// so does a revocation.
    /// </summary>
    public FailureReport? OnLapse { get; init; }

    /// <summary>The lease of another key that the writer must hold.</summary>
    public Fence? Fence { get; init; }

    /// <summary>Identifies the writer's credential across renewals; see <see cref="Caller.Credential"/>.</summary>
    public string Credential { get; init; } = "";

    /// <summary>Who writes, for display; null if that is not known.</summary>
    public Writer? Writer { get; init; }

    /// <summary>The store keeps the result: an idempotency key has no effect without a condition.</summary>
    public bool IsReplayable => IdempotencyKey is not null && Condition.Kind != ConditionKind.None;
}

/// <summary>
/// A lease that must be held for a write to happen, so that a leader whose lease has expired can no longer write.
/// </summary>
/// <param name="Key">The key of the lease.</param>
/// <param name="Nonce">That of its entity tag, as returned when it was taken; a renewal with the same value keeps
/// it.</param>
public sealed record Fence(ValueKey Key, string Nonce)
{
    /// <param name="key">The key of the lease.</param>
    /// <param name="tag">In either form; see <see cref="EntityTag"/>.</param>
    public static Fence Of(ValueKey key, string tag) => new(key, EntityTag.NonceOf(tag));
}
