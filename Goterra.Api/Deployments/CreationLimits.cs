using System.Threading.RateLimiting;
using Goterra.Api.Authentication;
using Goterra.Api.Errors;
using Goterra.Api.Http;
using Goterra.Core.Access;
using Goterra.Core.Model;

namespace Goterra.Api.Deployments;

/// <summary>
/// Limits the rate of new deployments per user, and per client network for anonymous ones
/// (<c>limits.creates_per_minute</c>); and the number of anonymous ones that this instance creates for a network within
/// the lifetime of a token, with which they end (<c>limits.deployments_per_user</c>).
/// </summary>
public sealed class CreationLimits(Limits limits, AccessOptions access) : IDisposable
{
    private readonly PartitionedRateLimiter<string> _rate =
        ClientNetwork.CreateLimiter<string>(limits.CreatesPerMinute, TimeSpan.FromMinutes(1));

    private readonly PartitionedRateLimiter<string> _anonymous =
        ClientNetwork.CreateLimiter<string>(limits.DeploymentsPerUser, access.TokenLifetime);

    /// <returns>Null if the user may create a deployment.</returns>
    public ProblemBody? Check(User user, HttpContext context)
    {
        var isAnonymous = user.Identity == Owner.Anonymous;
        var client = isAnonymous ? ClientAddress.NetworkOf(context).ToString() : user.Identity.ToString();
        if (!TryAcquire(_rate, client))
            return OutcomeProblems.OverLimit(
                StatusCodes.Status429TooManyRequests, new LimitHit("creates_per_minute", limits.CreatesPerMinute));

        return isAnonymous && !TryAcquire(_anonymous, client)
            ? OutcomeProblems.OverLimit(
                StatusCodes.Status413PayloadTooLarge, new LimitHit("deployments_per_user", limits.DeploymentsPerUser))
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
