using Goterra.Core.Deployments;

namespace Goterra.Core;

/// <summary>
/// How a request to a deployment ended: everything that a correct client can cause on a normal day. Anything else is an exception.
/// </summary>
/// <param name="Tag">The value's tag after a put, or the current one where a condition failed and the caller may read it.</param>
/// <param name="Revision">The deployment's revision after a write.</param>
/// <param name="Limit">With <see cref="OutcomeKind.OverLimit"/> and <see cref="OutcomeKind.TooManyWaits"/>: the limit that was hit.</param>
/// <param name="Failure">With <see cref="OutcomeKind.Failed"/>: what failed.</param>
/// <param name="Progress">With <see cref="OutcomeKind.TooFew"/>: how far it has come.</param>
public sealed record Outcome(
    OutcomeKind Kind, EntityTag? Tag = null, long Revision = 0, LimitHit? Limit = null, Failure? Failure = null, Progress? Progress = null)
{
    /// <summary>When the lease ends: one that was taken or renewed, or with <see cref="OutcomeKind.Leased"/> the one in the way.</summary>
    public DateTimeOffset? Expires { get; init; }

    public static readonly Outcome Done = new(OutcomeKind.Done);
}

public enum OutcomeKind
{
    Done,

    /// <summary>The value is still the one that the caller knows.</summary>
    NotModified,

    /// <summary>The key doesn't exist (yet).</summary>
    Absent,

    /// <summary>There are fewer keys (yet) than were asked for.</summary>
    TooFew,

    /// <summary>The deployment was declared failed, or a machine of it told so under the agreed prefix.</summary>
    Failed,

    /// <summary>The deployment was deleted, its time ran out, or it never was.</summary>
    Gone,

    /// <summary>The credential was revoked.</summary>
    Revoked,

    /// <summary>The credential's time ran out while it waited.</summary>
    CredentialExpired,

    /// <summary>The credential is good for this deployment, but not for this.</summary>
    OutOfScope,

    /// <summary>If-Match or If-None-Match did not hold.</summary>
    ConditionFailed,

    /// <summary>The key is a lease: a write needs a condition.</summary>
    Leased,

    /// <summary>The lease that fences the write is over, or in other hands.</summary>
    FenceLost,

    /// <summary>The idempotency key belongs to another write.</summary>
    IdempotencyKeyReused,

    /// <summary>The deployment is so old that only an API key makes new tokens.</summary>
    RenewalOver,

    OverLimit,

    TooManyWaits,

    /// <summary>This instance is being stopped; another one, or this one in a moment, can go on with the wait.</summary>
    ShuttingDown,

    /// <summary>The caller hung up while it waited: nobody reads the answer.</summary>
    Abandoned,
}

/// <summary>A limit by its name in the configuration, and its value.</summary>
public sealed record LimitHit(string Name, long Value);

/// <param name="Key">The key under which a machine told it; null where the deployment as a whole was declared failed.</param>
public sealed record Failure(string Reason, string? Key)
{
    /// <summary>Keeps the reason, which may be a value, out of anything that prints records.</summary>
    public override string ToString() => $"Failure {Key}";
}

/// <summary>So many keys of so many that are waited for.</summary>
public sealed record Progress(long Have, int Want);
