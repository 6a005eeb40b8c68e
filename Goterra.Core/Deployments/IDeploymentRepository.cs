using Goterra.Core.Access;

namespace Goterra.Core.Deployments;

/// <summary>
/// Deployments in their store. Each method is one atomic step there: a caller sees all of a change or nothing of it. Whether a deployment
/// has expired is decided by the store's clock. Nothing is retried in here.
/// </summary>
/// <exception cref="StoreUnavailableException">Thrown by each method when the store can't be reached or doesn't answer in time. A write may have
/// happened all the same.</exception>
public interface IDeploymentRepository
{
    /// <summary>Stores a new deployment. Its id must be a fresh one.</summary>
    /// <returns>The deployment with its times, by the store's clock.</returns>
    Task<Deployment> CreateAsync(NewDeployment deployment, CancellationToken cancellationToken);

    /// <summary>Tells whether the deployment lives.</summary>
    /// <returns>Null where it was deleted, has expired or never was.</returns>
    Task<DeploymentHead?> FindAsync(DeploymentId id, CancellationToken cancellationToken);

    /// <summary>Reads one value together with the head of its deployment.</summary>
    /// <returns>No head where the deployment doesn't live; a head and no value where the key doesn't exist.</returns>
    Task<ValueReading> ReadAsync(DeploymentId id, ValueKey key, CancellationToken cancellationToken);

    /// <summary>Reads the deployment and its keys that begin with <paramref name="prefix"/>, in the order of their bytes, without any value.</summary>
    /// <returns>Null where the deployment doesn't live.</returns>
    Task<DeploymentListing?> ListAsync(DeploymentId id, KeyPrefix prefix, CancellationToken cancellationToken);

    /// <summary>Counts the keys that begin with <paramref name="prefix"/>, without listing them.</summary>
    /// <returns>Includes leases that are over and not yet swept: the listing is exact.</returns>
    Task<KeyCount> CountAsync(DeploymentId id, KeyPrefix prefix, CancellationToken cancellationToken);

    /// <summary>Loads the values of these keys, each as it is now.</summary>
    /// <returns>Null where the deployment doesn't live any more; keys that don't exist any more are left out.</returns>
    Task<IReadOnlyDictionary<string, StoredValue>?> LoadAsync(DeploymentId id, IReadOnlyList<KeyInfo> keys, CancellationToken cancellationToken);

    /// <summary>Stores a value, and tells everybody who watches. The empty value is a value.</summary>
    /// <remarks>
    /// A lease that is over is absent to every method, swept or not, and can be taken anew. While it lives, writes and removals need a condition. A put of the same
    /// value with its tag as condition lengthens it: tag and revision stay, and nobody is woken. Its end raises the revision, and wakes whoever watches.
    /// </remarks>
    Task<WriteOutcome> PutAsync(ValueWrite write, ReadOnlyMemory<byte> value, CancellationToken cancellationToken);

    /// <summary>Removes a value, and tells everybody who watches.</summary>
    Task<WriteOutcome> RemoveAsync(ValueWrite write, CancellationToken cancellationToken);

    /// <summary>Declares the deployment failed, and wakes every wait on it. A second declaration is <see cref="WriteStatus.Done"/> too; the first reason stays.</summary>
    Task<WriteStatus> FailAsync(DeploymentId id, EpochProof epoch, string reason, CancellationToken cancellationToken);

    /// <summary>Takes the failure back.</summary>
    Task<WriteStatus> ResumeAsync(DeploymentId id, EpochProof epoch, CancellationToken cancellationToken);

    /// <summary>Reads the events after <paramref name="after"/>; the store keeps the last 1,000.</summary>
    /// <param name="after">The number of an event; null for none but the number of the last.</param>
    Task<EventReading> ReadEventsAsync(DeploymentId id, long? after, CancellationToken cancellationToken);

    /// <summary>Ends the deployment: from now on it doesn't live, every wait on it is woken, and its data is removed.</summary>
    /// <returns><see cref="WriteStatus.Done"/>, <see cref="WriteStatus.Gone"/> or <see cref="WriteStatus.Revoked"/>.</returns>
    Task<WriteStatus> DeleteAsync(DeploymentId id, EpochProof epoch, CancellationToken cancellationToken);

    /// <summary>One round trip to the store.</summary>
    /// <returns>Degraded where the store answers reads and refuses writes for now.</returns>
    Task<StoreHealth> CheckHealthAsync(CancellationToken cancellationToken);
}

/// <param name="Problem">Why writes are refused, for operators; null where all is well.</param>
public sealed record StoreHealth(string? Problem = null)
{
    public bool IsDegraded => Problem is not null;
}

/// <param name="Lifetime">From now on; null: until deleted.</param>
/// <param name="NamespaceEpoch">That of the namespace when the deployment is made; null without one.</param>
/// <param name="EndsWithItsTokens">Each new token that lives longer than the deployment would has it live as long.</param>
public sealed record NewDeployment(
    DeploymentId Id,
    Owner Owner,
    NamespaceName? Namespace,
    string? Name,
    string Epoch,
    TimeSpan? Lifetime,
    string? NamespaceEpoch = null,
    bool EndsWithItsTokens = false)
{
    /// <summary>Keeps the epochs out of anything that prints records.</summary>
    public override string ToString() => $"NewDeployment {Id}";
}

public sealed record ValueReading(DeploymentHead? Head, StoredValue? Value);

/// <param name="Head">Null where the deployment doesn't live.</param>
public sealed record KeyCount(DeploymentHead? Head, long Count);

/// <param name="Head">Null where the deployment doesn't live.</param>
/// <param name="After">What was asked for: the events are those after this one.</param>
/// <param name="Last">The number of the last event there is.</param>
/// <param name="Complete">False where events after the one asked for are kept no longer.</param>
public sealed record EventReading(DeploymentHead? Head, long After, long Last, IReadOnlyList<DeploymentEvent> Events, bool Complete);

public sealed record DeploymentListing(DeploymentHead Head, Deployment Deployment, KeyPrefix Prefix, IReadOnlyList<KeyInfo> Keys)
{
    /// <summary>The same with the keys that the caller may read, and no others.</summary>
    public DeploymentListing For(Caller caller) =>
        caller.Scope.IsFull ? this : this with { Keys = [.. Keys.Where(key => caller.MayRead(key.Key))] };
}

/// <summary>A change of one key.</summary>
/// <param name="Epoch">Of the caller's credential; where it doesn't hold, the write is refused.</param>
/// <param name="IdempotencyKey">With a condition: repeating the write under the same idempotency key returns the first answer for 24 h, so that a lost reply
/// does not lock the winner out. The key is bound to credential, verb, key, condition, lease, fence and value; with anything else it is
/// <see cref="WriteStatus.IdempotencyKeyReused"/>.</param>
public sealed record ValueWrite(DeploymentId Id, ValueKey Key, EpochProof Epoch, WriteCondition Condition, string? IdempotencyKey)
{
    /// <summary>How long a put value is there; see <see cref="WriteTerms.Lease"/>.</summary>
    public TimeSpan? Lease { get; init; }

    /// <summary>The lease that must be the writer's; see <see cref="WriteTerms.Fence"/>.</summary>
    public Fence? Fence { get; init; }

    /// <summary>Names the writer's credential through its renewals; see <see cref="Caller.Credential"/>.</summary>
    public string Credential { get; init; } = "";

    /// <summary>Whether the store remembers the answer: an idempotency key counts with a condition only.</summary>
    public bool IsReplayable => IdempotencyKey is not null && Condition.Kind != ConditionKind.None;
}

/// <summary>How a write ended.</summary>
/// <param name="Tag">After <see cref="WriteStatus.Done"/> of a put: the new value's; after <see cref="WriteStatus.ConditionFailed"/>: the current value's, if there is one.</param>
/// <param name="Revision">The deployment's revision after the write.</param>
/// <param name="Expires">When the lease ends: one that was taken or renewed, or with <see cref="WriteStatus.Leased"/> the one in the way.</param>
public sealed record WriteOutcome(WriteStatus Status, EntityTag? Tag = null, long Revision = 0, DateTimeOffset? Expires = null);

public enum WriteStatus
{
    Done,

    /// <summary>The deployment was deleted, has expired or never was.</summary>
    Gone,

    /// <summary>The credential belongs to an earlier epoch.</summary>
    Revoked,

    /// <summary>There is no such key to remove.</summary>
    Absent,

    /// <summary>The <see cref="WriteCondition"/> did not hold.</summary>
    ConditionFailed,

    /// <summary>The key is a lease, and the write has no condition.</summary>
    Leased,

    /// <summary>The lease that fences the write is over, or in other hands.</summary>
    FenceLost,

    /// <summary>The idempotency key belongs to another write.</summary>
    IdempotencyKeyReused,

    /// <summary>The deployment has as many keys as it may.</summary>
    TooManyKeys,

    /// <summary>The deployment's values would have more bytes than they may.</summary>
    TooManyBytes,
}

/// <summary>The store can't be reached, or didn't answer in time. What was asked of it may have happened or not.</summary>
public class StoreUnavailableException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>The store has no room for this write, which did not happen. Reads work; writes do again when there is room.</summary>
public sealed class StoreFullException(string message, Exception? inner = null) : StoreUnavailableException(message, inner);

/// <summary>What was asked for is damaged in the store. Other data may be intact.</summary>
public class StoreDamagedException(string message, Exception? inner = null) : Exception(message, inner);
