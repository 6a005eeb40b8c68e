using Goterra.Core.Access;
using Goterra.Core.Model;

namespace Goterra.Core.Deployments;

/// <summary>
/// The outcome of a request to a deployment: everything that a correct client can cause in normal operation. Anything
/// else is an exception.
/// </summary>
/// <param name="Tag">The tag of the value after a put, or the current one if a condition failed and the caller may read
/// it.</param>
/// <param name="Revision">The deployment's revision after a write; 0 if the caller may not see it.</param>
/// <param name="Expires">The end of a lease: of one just taken or renewed or, with <see cref="OutcomeKind.Leased"/>, of
/// the existing one. With <see cref="OutcomeKind.CredentialExpired"/>: when the credential expired.</param>
public sealed record Outcome(OutcomeKind Kind, EntityTag? Tag = null, long Revision = 0, DateTimeOffset? Expires = null)
{
    public static readonly Outcome Done = new(OutcomeKind.Done);

    /// <summary>The outcome as the caller may see it.</summary>
    public Outcome For(Caller caller) => caller.Scope.SeesAll
        ? this
        : this with { Tag = Tag is { } tag ? caller.Show(tag) : null, Revision = 0 };

    /// <summary>
    /// With <see cref="OutcomeKind.OverLimit"/> and <see cref="OutcomeKind.TooManyWaits"/>: the limit that was reached.
    /// </summary>
    public LimitHit? Limit { get; init; }

    /// <summary>With <see cref="OutcomeKind.Failed"/>: what failed.</summary>
    public Failure? Failure { get; init; }

    /// <summary>With <see cref="OutcomeKind.TooFew"/>: how many keys exist.</summary>
    public Progress? Progress { get; init; }

    /// <summary>
    /// After a wait that ended with <see cref="OutcomeKind.Absent"/> or <see cref="OutcomeKind.TooFew"/>: an existing
    /// key, or a prefix of existing keys, whose name is close to the one that was waited for.
    /// </summary>
    public string? Nearest { get; init; }
}

public enum OutcomeKind
{
    Done,

    /// <summary>The value is one that the caller knows.</summary>
    NotModified,

    /// <summary>The key does not exist.</summary>
    Absent,

    /// <summary>Fewer keys exist than requested.</summary>
    TooFew,

    /// <summary>The deployment was declared failed, or a key under the failure prefix exists.</summary>
    Failed,

    /// <summary>The deployment was deleted, has expired, or never existed.</summary>
    Gone,

    /// <summary>The credential belongs to an earlier epoch.</summary>
    Revoked,

    /// <summary>The credential has expired, by the clock of the store.</summary>
    CredentialExpired,

    /// <summary>The credential is valid for the deployment, but does not allow this.</summary>
    OutOfScope,

    /// <summary>A narrowed credential takes back a failure that another one reported.</summary>
    NotReporter,

    /// <summary>The <see cref="WriteCondition"/> was not met.</summary>
    ConditionFailed,

    /// <summary>The key is a lease, and the write has no condition.</summary>
    Leased,

    /// <summary>The lease that fences the write has expired, or is held by another client.</summary>
    FenceLost,

    /// <summary>The idempotency key belongs to a different write.</summary>
    IdempotencyKeyReused,

    /// <summary>The deployment is too old for its tokens to be renewed.</summary>
    RenewalOver,

    /// <summary>Of a write, stores report <see cref="TooManyKeys"/> or <see cref="TooManyBytes"/>.</summary>
    OverLimit,

    /// <summary>The deployment has the maximum number of keys.</summary>
    TooManyKeys,

    /// <summary>The values of the deployment would exceed the maximum size.</summary>
    TooManyBytes,

    TooManyWaits,

    /// <summary>This instance is shutting down; the client can retry.</summary>
    ShuttingDown,

    /// <summary>The client disconnected during the wait.</summary>
    Abandoned,
}

/// <param name="Key">The key that reported the failure; null if the deployment was declared failed.</param>
public sealed record Failure(string Reason, string? Key)
{
    /// <summary>Who declared it failed; null for none.</summary>
    public string? Source { get; init; }

    /// <summary>Keeps the reason, which may be a value, out of logs.</summary>
    public override string ToString() => $"Failure {Key}";
}

/// <summary>How many of the requested keys exist.</summary>
public sealed record Progress(long Have, int Want);
