using Goterra.Core.Deployments;

namespace Goterra.Core.Access;

/// <summary>
/// The epochs of namespaces. The namespace's own is the one that counts; each of its deployments has a copy, so that a token of the namespace is checked in
/// the same store call as the data. An epoch has a number that rises: a copy is only ever replaced by a later one.
/// </summary>
/// <exception cref="StoreUnavailableException">Thrown by each method; see <see cref="IDeploymentRepository"/>.</exception>
public interface INamespaceRepository
{
    /// <returns>Null where the namespace never had one: nothing was made of it yet.</returns>
    Task<string?> EpochAsync(NamespaceName name, CancellationToken cancellationToken);

    /// <summary>Gives the epoch, and makes the first one where there is none.</summary>
    Task<string> OpenAsync(NamespaceName name, CancellationToken cancellationToken);

    /// <summary>Replaces the epoch, copies it into all deployments of the namespace, and wakes whoever waits in them.</summary>
    Task<string> RevokeAsync(NamespaceName name, CancellationToken cancellationToken);

    /// <summary>Copies the epoch into one deployment, unless that has a later one.</summary>
    Task BringAsync(NamespaceName name, string epoch, DeploymentId deployment, CancellationToken cancellationToken);
}
