using System.Threading.RateLimiting;
using Goterra.Api.Authentication;
using Goterra.Api.Errors;
using Goterra.Core.Access;
using Goterra.Core.Model;

namespace Goterra.Api.Deployments;

/// <summary>
/// Limits the rate of new deployments per user, and per client network for anonymous ones
/// (<c>limits.creates_per_minute</c>).
/// </summary>
public sealed class CreationRate(Limits limits) : IDisposable
{
    private readonly PartitionedRateLimiter<string> _rate =
        ClientNetwork.CreateLimiter<string>(limits.CreatesPerMinute, TimeSpan.FromMinutes(1));

    public ProblemBody Problem { get; } = OutcomeProblems.OverLimit(
        StatusCodes.Status429TooManyRequests, new LimitHit("creates_per_minute", limits.CreatesPerMinute));

    public bool TryAcquire(User user, HttpContext context)
    {
        var caller = user.Identity == Owner.Anonymous ? ClientNetwork.Of(context).ToString() : user.Identity.ToString();
        using var lease = _rate.AttemptAcquire(caller);
        return lease.IsAcquired;
    }

    public void Dispose() => _rate.Dispose();
}
