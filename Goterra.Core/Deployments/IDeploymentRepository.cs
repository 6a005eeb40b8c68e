using Goterra.Core.Access;
using Goterra.Core.Model;

namespace Goterra.Core.Deployments;

/// <summary>
/// The store of deployments. Each method is one atomic step: a caller sees all of a change or nothing of it. Expiry is
/// decided by the store's clock. Nothing is retried.
/// </summary>
/// <exception cref="StoreUnavailableException">Thrown by each method if the store cannot be reached or times out. A
/// write may have happened all the same.</exception>
public interface IDeploymentRepository
{
    /// <summary>Stores a new deployment. Its id must be new.</summary>
    /// <returns>The deployment with its times, by the store's clock.</returns>
    Task<Deployment> CreateAsync(NewDeployment deployment, CancellationToken cancellationToken);

    /// <summary>
    /// Stores a new deployment, unless the key has created one already: of several concurrent calls, one creates it.
    /// </summary>
    /// <param name="deployment">Its id and epoch are used only if the key is new.</param>
    /// <param name="key">Bound to owner, namespace, name and lifetime. The store has only its hash, for 24 h.</param>
    Task<CreationResult> CreateOnceAsync(
        NewDeployment deployment, CreationKey key, CancellationToken cancellationToken);

    /// <summary>Finds a deployment.</summary>
    /// <returns>Null if it was deleted, has expired or never existed.</returns>
    Task<DeploymentHead?> FindAsync(DeploymentId id, CancellationToken cancellationToken);

    /// <summary>Reads one value together with the head of its deployment.</summary>
    /// <returns>No head if the deployment does not exist; a head and no value if the key does not exist.</returns>
    Task<ValueReading> ReadAsync(DeploymentId id, ValueKey key, CancellationToken cancellationToken);

    /// <summary>
    /// Reads the deployment and its keys with <paramref name="prefix"/>, in byte order, without any value.
    /// </summary>
    /// <returns>Null if the deployment does not exist.</returns>
    Task<DeploymentListing?> ListAsync(DeploymentId id, KeyPrefix prefix, CancellationToken cancellationToken);

    /// <summary>Counts the keys with <paramref name="prefix"/>, without listing them.</summary>
    /// <returns>Includes expired leases that are not removed yet; the listing is exact.</returns>
    Task<KeyCount> CountAsync(DeploymentId id, KeyPrefix prefix, CancellationToken cancellationToken);

    /// <summary>Loads the current values of these keys.</summary>
    /// <returns>Null if the deployment no longer exists; keys that no longer exist are left out.</returns>
    Task<IReadOnlyDictionary<string, StoredValue>?> LoadAsync(
        DeploymentId id, IReadOnlyList<KeyInfo> keys, CancellationToken cancellationToken);

    /// <summary>Stores a value, and publishes the change. An empty value is a value.</summary>
    /// <remarks>
    /// An expired lease is absent to every method, removed or not, and can be taken anew. While it lives, writes and
    /// removals need a condition. A put of the same value with its tag as condition renews it: tag and revision stay,
    /// and no watch is woken. Its expiry raises the revision, and wakes watches. If it has a
    /// <see cref="ValueWrite.OnLapse"/>, that is reported in the same step, once. An interruption in which leases could
    /// not be renewed postpones both: the lease must have had its full time since. Until then, its holder can renew,
    /// replace or remove it with its tag, although reads no longer find it.
    /// </remarks>
    Task<Outcome> PutAsync(ValueWrite write, ReadOnlyMemory<byte> value, CancellationToken cancellationToken);

    /// <summary>Removes a value, and publishes the change.</summary>
    Task<Outcome> RemoveAsync(ValueWrite write, CancellationToken cancellationToken);

    /// <summary>
    /// Opens a failure of the source, and wakes the waits of the deployment. If the source has one already, that is
    /// <see cref="OutcomeKind.Done"/> too; the first reason is kept.
    /// </summary>
    /// <returns><see cref="OutcomeKind.OverLimit"/> if there are <see cref="DeploymentFailure.MaxOpen"/> of other
    /// sources.</returns>
    Task<OutcomeKind> FailAsync(
        DeploymentId id, EpochProof epoch, FailureReport report, CancellationToken cancellationToken);

    /// <summary>Takes back the failure of one source, or all. Without one, that is <see cref="OutcomeKind.Done"/>
    /// too.</summary>
    /// <returns><see cref="OutcomeKind.NotReporter"/> if another token family reported it.</returns>
    Task<OutcomeKind> ResumeAsync(
        DeploymentId id, EpochProof epoch, Resumption resumption, CancellationToken cancellationToken);

    /// <summary>Reads the events after <paramref name="after"/>; the store keeps the last 1,000.</summary>
    /// <param name="after">The number of an event; null for no events, only the number of the last one.</param>
    Task<EventReading> ReadEventsAsync(DeploymentId id, long? after, CancellationToken cancellationToken);

    /// <summary>
    /// Deletes the deployment: it no longer exists from now on, its waits are woken, and its data is removed.
    /// </summary>
    /// <returns><see cref="OutcomeKind.Done"/>, <see cref="OutcomeKind.Gone"/> or
    /// <see cref="OutcomeKind.Revoked"/>.</returns>
    Task<OutcomeKind> DeleteAsync(DeploymentId id, EpochProof epoch, CancellationToken cancellationToken);

    /// <summary>Makes one round trip to the store.</summary>
    /// <returns>Degraded if the store accepts reads and refuses writes.</returns>
    Task<StoreHealth> CheckHealthAsync(CancellationToken cancellationToken);
}

/// <param name="Problem">Why writes are refused, for operators; null if the store is healthy.</param>
public sealed record StoreHealth(string? Problem = null)
{
    public bool IsDegraded => Problem is not null;
}

/// <param name="Lifetime">From now on; null: until it is deleted.</param>
/// <param name="NamespaceEpoch">The current epoch of the namespace; null without one.</param>
/// <param name="EndsWithItsTokens">Each new token that outlives the deployment extends its lifetime.</param>
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
    /// <summary>
    /// Whether only an earlier creation with the same idempotency key may be repeated; a new one is
    /// <see cref="OutcomeKind.OverLimit"/>.
    /// </summary>
    public bool IsRepetition { get; init; }

    /// <summary>Keeps the epochs out of logs.</summary>
    public override string ToString() => $"NewDeployment {Id}";
}

public sealed record ValueReading(DeploymentHead? Head, StoredValue? Value);

/// <param name="Head">Null if the deployment does not exist.</param>
public sealed record KeyCount(DeploymentHead? Head, long Count);

/// <param name="Head">Null if the deployment does not exist.</param>
/// <param name="After">The requested number: the events are those after it.</param>
/// <param name="Last">The number of the last event.</param>
/// <param name="Complete">False if events after the requested one are no longer kept.</param>
public sealed record EventReading(
    DeploymentHead? Head, long After, long Last, IReadOnlyList<DeploymentEvent> Events, bool Complete);

public sealed record DeploymentListing(
    DeploymentHead Head, Deployment Deployment, KeyPrefix Prefix, IReadOnlyList<KeyInfo> Keys)
{
    /// <summary>
    /// The same listing, restricted to the keys that the caller may see.
    /// </summary>
    public DeploymentListing For(Caller caller) => caller.Scope.SeesAll ? this : this with
    {
        Keys = [.. Keys.Where(key => caller.MaySee(key.Key))],
    };
}
