using Goterra.Core.Deployments;
using Goterra.Core.Model;

namespace Goterra.Core.Tokens;

/// <summary>
/// The epochs of namespaces. The namespace's own epoch is authoritative. Each of its deployments has a copy, so that a
/// token of the namespace is checked in the same store call as the data. Epochs are numbered: a copy is replaced only
/// by a later one.
/// </summary>
/// <exception cref="StoreUnavailableException">Thrown by each method; see
/// <see cref="IDeploymentRepository"/>.</exception>
public interface INamespaceRepository
{
    /// <returns>Null if nothing was created in the namespace yet.</returns>
    Task<string?> FindEpochAsync(NamespaceName name, CancellationToken cancellationToken);

    Task<string> GetOrCreateEpochAsync(NamespaceName name, CancellationToken cancellationToken);

    /// <summary>
    /// Replaces the epoch, copies the new one to all deployments of the namespace, and wakes their waits.
    /// </summary>
    Task<string> RevokeAsync(NamespaceName name, CancellationToken cancellationToken);

    /// <summary>Copies the epoch to one deployment, unless that has a later one.</summary>
    Task PropagateEpochAsync(
        NamespaceName name, string epoch, DeploymentId deployment, CancellationToken cancellationToken);
}
