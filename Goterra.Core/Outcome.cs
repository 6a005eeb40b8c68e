using Goterra.Core.Deployments;

namespace Goterra.Core;

/// <summary>
/// How a request to a deployment ended: everything that a correct client can cause on a normal day. Anything else is an exception.
/// </summary>
/// <param name="Tag">The value's tag after a put, or the current one where a condition failed and the caller may read it.</param>
/// <param name="Revision">The deployment's revision after a write.</param>
/// <param name="Limit">With <see cref="OutcomeKind.OverLimit"/> and <see cref="OutcomeKind.TooManyWaits"/>: the limit that was hit.</param>
public sealed record Outcome(OutcomeKind Kind, EntityTag? Tag = null, long Revision = 0, LimitHit? Limit = null)
{
    public static readonly Outcome Done = new(OutcomeKind.Done);
}

public enum OutcomeKind
{
    Done,

    /// <summary>The value is still the one that the caller knows.</summary>
    NotModified,

    /// <summary>The key doesn't exist (yet).</summary>
    Absent,

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

    OverLimit,

    TooManyWaits,

    /// <summary>This instance is being stopped; another one, or this one in a moment, can go on with the wait.</summary>
    ShuttingDown,
}

/// <summary>A limit by its name in the configuration, and its value.</summary>
public sealed record LimitHit(string Name, long Value);
