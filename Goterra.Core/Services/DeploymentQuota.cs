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
    /// <param name="user">Not anonymous: nobody can tell which anonymous deployments are whose.</param>
    /// <param name="mayRepeat">The creation may repeat the one that reached the limit.</param>
    /// <param name="cancellationToken">Canceled if the client disconnects.</param>
    /// <returns>Null if the user may create another one.</returns>
    public async Task<LimitHit?> CheckAsync(User user, bool mayRepeat, CancellationToken cancellationToken)
    {
        var most = limits.DeploymentsPerUser + (mayRepeat ? 1 : 0);
        return await index.CountByOwnerAsync(user.Identity, most, cancellationToken) < most
            ? null
            : new LimitHit("deployments_per_user", limits.DeploymentsPerUser);
    }
}
