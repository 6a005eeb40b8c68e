using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Goterra.Core.Model;

namespace Goterra.Core.Tokens;

/// <summary>The access data of deployments in the store.</summary>
/// <exception cref="StoreUnavailableException">Thrown by each method; see
/// <see cref="IDeploymentRepository"/>.</exception>
public interface IAccessRepository
{
    /// <summary>Finds the owner of a deployment.</summary>
    /// <returns>Null if the deployment never existed, or ended more than 7 days ago.</returns>
    Task<Ownership?> FindOwnershipAsync(DeploymentId id, CancellationToken cancellationToken);

    /// <summary>
    /// Checks that the caller may issue another token, and records that. If the deployment ends with its last token,
    /// its lifetime is extended to that of the new one.
    /// </summary>
    Task<MintResult> MintAsync(MintRequest request, CancellationToken cancellationToken);

    /// <summary>Lists the last 200 security events of a deployment, latest first.</summary>
    Task<IReadOnlyList<DeploymentEvent>> ListSecurityEventsAsync(DeploymentId id, CancellationToken cancellationToken);
}

/// <param name="Lives">False if the deployment was deleted or has expired.</param>
/// <param name="NamespaceEpoch">The deployment's copy of the epoch of its namespace; null if it has no
/// namespace.</param>
public sealed record Ownership(Owner Owner, NamespaceName? Namespace, bool Lives, string? NamespaceEpoch)
{
    /// <summary>Keeps the epoch out of logs.</summary>
    public override string ToString() => $"Ownership {Owner}";
}

/// <param name="Epoch">That of the caller's credential; no token is issued unless it is current.</param>
/// <param name="Lifetime">The requested lifetime of the new token.</param>
/// <param name="RenewalWindow">See <see cref="DerivedLifetime"/>.</param>
/// <param name="CallerLeft">See <see cref="DerivedLifetime"/>; null for a renewal, which is possible within the window
/// only. If the credential expires (<see cref="EpochProof.Expires"/>), the store computes it by its own clock.</param>
/// <param name="NewEpoch">The deployment's epoch from now on, which revokes all tokens so far; null to revoke
/// nothing.</param>
/// <param name="Note">For the security event.</param>
public sealed record MintRequest(
    DeploymentId Id, EpochProof Epoch, TimeSpan Lifetime, TimeSpan? RenewalWindow, TimeSpan? CallerLeft,
    string? NewEpoch, SecurityNote Note)
{
    /// <summary>Keeps the epoch out of logs.</summary>
    public override string ToString() => $"MintRequest {Id}";
}

/// <param name="Status"><see cref="OutcomeKind.Done"/>, <see cref="OutcomeKind.Gone"/>,
/// <see cref="OutcomeKind.Revoked"/> or <see cref="OutcomeKind.RenewalOver"/>.</param>
/// <param name="Epoch">The current epoch of the deployment; null unless the token may be issued.</param>
/// <param name="Lifetime">The lifetime granted: the requested one, or less.</param>
/// <param name="DeploymentExpires">Null if the deployment lives until it is deleted.</param>
public sealed record MintResult(
    OutcomeKind Status, string? Epoch = null, TimeSpan Lifetime = default, DateTimeOffset? DeploymentExpires = null)
{
    /// <summary>The time, by the store's clock. The lifetime begins here.</summary>
    public DateTimeOffset Now { get; init; }

    /// <summary>Keeps the epoch out of logs.</summary>
    public override string ToString() => $"MintResult {Status}";
}
