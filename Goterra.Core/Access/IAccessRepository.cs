using Goterra.Core.Deployments;

namespace Goterra.Core.Access;

/// <summary>What the store knows of who may what.</summary>
/// <exception cref="StoreUnavailableException">Thrown by each method; see <see cref="IDeploymentRepository"/>.</exception>
public interface IAccessRepository
{
    /// <summary>Tells whose deployment it is.</summary>
    /// <returns>Null where it never was, or ended more than 7 days ago.</returns>
    Task<Ownership?> OwnershipAsync(DeploymentId id, CancellationToken cancellationToken);

    /// <summary>Checks that the caller may have another token made, and notes that. A deployment that ends with its last token lives on with the new one.</summary>
    Task<Minting> MintAsync(MintRequest request, CancellationToken cancellationToken);

    /// <summary>What concerned the deployment's credentials: the last 200 events, the latest first.</summary>
    Task<IReadOnlyList<DeploymentEvent>> SecurityEventsAsync(DeploymentId id, CancellationToken cancellationToken);
}

/// <param name="Lives">False where it was deleted or its time is over.</param>
/// <param name="NamespaceEpoch">The deployment's copy of its namespace's epoch; null where there is none.</param>
public sealed record Ownership(Owner Owner, NamespaceName? Namespace, bool Lives, string? NamespaceEpoch)
{
    /// <summary>Keeps the epoch out of anything that prints records.</summary>
    public override string ToString() => $"Ownership {Owner}";
}

/// <param name="Epoch">Of the caller's credential; where it doesn't hold, there is no new token.</param>
/// <param name="Lifetime">Of the new token.</param>
/// <param name="Window">How long after the deployment was made its tokens make others; null where the caller has an API key.</param>
/// <param name="CallerLeft">How long the caller's credential still lives: what is derived from it lives as long, or to the end of the window. Null for a
/// renewal, which is possible within the window only.</param>
/// <param name="NewEpoch">Revokes everything so far: from now on this is the deployment's epoch. Null to revoke nothing.</param>
/// <param name="Note">For the event.</param>
public sealed record MintRequest(
    DeploymentId Id, EpochProof Epoch, TimeSpan Lifetime, TimeSpan? Window, TimeSpan? CallerLeft, string? NewEpoch, SecurityNote Note)
{
    /// <summary>Keeps the epoch out of anything that prints records.</summary>
    public override string ToString() => $"MintRequest {Id}";
}

/// <param name="Epoch">Of the deployment now; null unless <see cref="MintStatus.Done"/>.</param>
/// <param name="Lifetime">What the new token is given of the lifetime that was asked for.</param>
/// <param name="DeploymentExpires">Null: lives until it is deleted.</param>
public sealed record Minting(MintStatus Status, string? Epoch = null, TimeSpan Lifetime = default, DateTimeOffset? DeploymentExpires = null)
{
    /// <summary>Keeps the epoch out of anything that prints records.</summary>
    public override string ToString() => $"Minting {Status}";
}

public enum MintStatus
{
    Done,

    /// <summary>The deployment was deleted, has expired or never was.</summary>
    Gone,

    /// <summary>The credential belongs to an earlier epoch.</summary>
    Revoked,

    /// <summary>The deployment is too old for its tokens to make others.</summary>
    Closed,
}
