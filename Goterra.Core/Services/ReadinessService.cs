using Goterra.Core.Deployments;

namespace Goterra.Core.Services;

/// <summary>Whether this instance can serve requests.</summary>
public sealed class ReadinessService(IDeploymentRepository repository)
{
    /// <returns>Whether the store accepts writes.</returns>
    /// <exception cref="StoreUnavailableException">The store serves no reads either.</exception>
    public Task<StoreHealth> CheckAsync(CancellationToken cancellationToken) =>
        repository.CheckHealthAsync(cancellationToken);
}
