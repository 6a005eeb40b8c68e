using System.Net;
using System.Threading.RateLimiting;
using Goterra.Api.Errors;
using Goterra.Api.Http;
using Goterra.Core.Model;

namespace Goterra.Api.Authentication;

/// <summary>
/// Limits the rate of redemptions per client network. Wrong tickets are not counted: a ticket has 256 random bits, and
/// cannot be guessed. A machine that retries a spent ticket therefore does not lock out its neighbors.
/// </summary>
internal sealed class RedemptionRate(Limits limits) : IDisposable
{
    private readonly PartitionedRateLimiter<IPAddress> _rate =
        ClientNetwork.CreateLimiter<IPAddress>(limits.Redemptions, TimeSpan.FromSeconds(1));

    public ProblemBody Problem { get; } = OutcomeProblems.OverLimit(
        StatusCodes.Status429TooManyRequests, new LimitHit("redemptions", limits.Redemptions));

    public bool TryAcquire(HttpContext context)
    {
        using var lease = _rate.AttemptAcquire(ClientAddress.NetworkOf(context));
        return lease.IsAcquired;
    }

    public void Dispose() => _rate.Dispose();
}
