using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Goterra.Core.Model;

namespace Goterra.Core.Services;

/// <summary>
/// Limits the number of deployments of a user. Concurrent creations may exceed it by a few: the count and the creation
/// are two steps.
/// </summary>
public sealed class DeploymentQuota(IDeploymentIndex index, Limits limits)
{
    /// <returns>
    /// Null if the user may create another one. Always for anonymous users: their deployments have no owner.
    /// </returns>
    public async Task<LimitHit?> CheckAsync(User user, CancellationToken cancellationToken)
    {
        var max = limits.DeploymentsPerUser;
        return user.Identity == Owner.Anonymous
            || await index.CountByOwnerAsync(user.Identity, max, cancellationToken) < max
            ? null
            : new LimitHit("deployments_per_user", max);
    }
}
