using Goterra.Core.Model;

namespace Goterra.Core.Deployments;

/// <summary>Finds deployments by owner and by namespace.</summary>
/// <exception cref="StoreUnavailableException">Thrown by each method; see
/// <see cref="IDeploymentRepository"/>.</exception>
public interface IDeploymentIndex
{
    /// <summary>Lists the deployments of an owner, latest first.</summary>
    Task<DeploymentPage> ListByOwnerAsync(Owner owner, PageRequest page, CancellationToken cancellationToken);

    /// <summary>Lists the deployments of a namespace, latest first.</summary>
    Task<DeploymentPage> ListByNamespaceAsync(
        NamespaceName name, PageRequest page, CancellationToken cancellationToken);

    /// <summary>Lists all deployments, latest first.</summary>
    Task<DeploymentPage> ListAllAsync(PageRequest page, CancellationToken cancellationToken);

    /// <summary>Counts the deployments of an owner, up to <paramref name="max"/>.</summary>
    /// <returns>May include some that have just expired.</returns>
    Task<long> CountByOwnerAsync(Owner owner, int max, CancellationToken cancellationToken);

    /// <summary>Counts the deployments of the whole store, for monitoring.</summary>
    Task<StoreTotals> SumAsync(CancellationToken cancellationToken);
}

/// <summary>What is in the store. Null is what it cannot tell at a reasonable cost.</summary>
/// <param name="Bytes">Of all values, before encryption.</param>
public sealed record StoreTotals(long? Active, long? Failed, long? Bytes);

/// <param name="After">The cursor at the end of the previous page; null for the first page.</param>
/// <param name="Limit">The maximum number of deployments. 1 to 1,000.</param>
public sealed record PageRequest(PageCursor? After, int Limit);

/// <param name="Next">Where the next page starts; null on the last page. A page may have fewer deployments than
/// requested and still have a next one.</param>
public sealed record DeploymentPage(IReadOnlyList<DeploymentSummary> Deployments, PageCursor? Next);

/// <param name="Keys">The number of keys, including expired leases that are not removed yet.</param>
public sealed record DeploymentSummary(Deployment Deployment, long Keys);
