using Goterra.Core.Access;

namespace Goterra.Core.Deployments;

/// <summary>Finds deployments by who made them, and by their namespace.</summary>
/// <exception cref="StoreUnavailableException">Thrown by each method; see <see cref="IDeploymentRepository"/>.</exception>
public interface IDeploymentIndex
{
    /// <summary>The deployments that a user made, the latest first.</summary>
    Task<DeploymentPage> OfAsync(Owner owner, PageRequest page, CancellationToken cancellationToken);

    /// <summary>The deployments of a namespace, the latest first.</summary>
    Task<DeploymentPage> OfAsync(NamespaceName name, PageRequest page, CancellationToken cancellationToken);
}

/// <param name="After">The cursor that the page before ended with; null for the first page.</param>
/// <param name="Limit">How many at most. 1 to 1,000.</param>
public sealed record PageRequest(PageCursor? After, int Limit);

/// <param name="Next">Where the next page begins; null where there is none. A page may have fewer deployments than asked for, and a next one all the same.</param>
public sealed record DeploymentPage(IReadOnlyList<DeploymentSummary> Deployments, PageCursor? Next);

/// <param name="Keys">How many it has, leases that are over and not yet swept included.</param>
public sealed record DeploymentSummary(Deployment Deployment, long Keys);
