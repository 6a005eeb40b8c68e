using System.Threading.RateLimiting;
using Goterra.Api.Authentication;
using Goterra.Api.Errors;
using Goterra.Core.Access;
using Goterra.Core.Model;
using Goterra.Core.Services;

namespace Goterra.Api.Deployments;

/// <summary>
/// Limits new deployments per user, and per client network for anonymous ones: their rate
/// (<c>limits.creates_per_minute</c>) and their number (<c>limits.deployments_per_user</c>). The number of anonymous
/// ones is that of this instance within the lifetime of a token, with which they end.
/// </summary>
public sealed class CreationLimits(DeploymentQuota quota, Limits limits, AccessOptions access) : IDisposable
{
    private readonly PartitionedRateLimiter<string> _rate =
        ClientNetwork.CreateLimiter<string>(limits.CreatesPerMinute, TimeSpan.FromMinutes(1));

    private readonly PartitionedRateLimiter<string> _anonymous =
        ClientNetwork.CreateLimiter<string>(limits.DeploymentsPerUser, access.TokenLifetime);

    /// <param name="user">Who creates a deployment.</param>
    /// <param name="mayRepeat">The request has an idempotency key.</param>
    /// <param name="context">The request.</param>
    /// <param name="cancellationToken">Canceled if the client disconnects.</param>
    /// <returns>Null if the deployment may be created.</returns>
    public async Task<ProblemBody?> CheckAsync(
        User user, bool mayRepeat, HttpContext context, CancellationToken cancellationToken)
    {
        var isAnonymous = user.Identity == Owner.Anonymous;
        var client = isAnonymous ? ClientNetwork.Of(context).ToString() : user.Identity.ToString();
        if (!TryAcquire(_rate, client))
            return OutcomeProblems.OverLimit(
                StatusCodes.Status429TooManyRequests, new LimitHit("creates_per_minute", limits.CreatesPerMinute));

        if (isAnonymous)
            return TryAcquire(_anonymous, client)
                ? null
                : OutcomeProblems.OverLimit(
                    StatusCodes.Status413PayloadTooLarge,
                    new LimitHit("deployments_per_user", limits.DeploymentsPerUser));
        return await quota.CheckAsync(user, mayRepeat, cancellationToken) is { } limit
            ? OutcomeProblems.OverLimit(StatusCodes.Status413PayloadTooLarge, limit)
            : null;
    }

    public void Dispose()
    {
        _rate.Dispose();
        _anonymous.Dispose();
    }

    private static bool TryAcquire(PartitionedRateLimiter<string> limiter, string client)
    {
        using var lease = limiter.AttemptAcquire(client);
        return lease.IsAcquired;
    }
}
