using System.Net;
using System.Net.Sockets;
using System.Threading.RateLimiting;
using Goterra.Api.Problems;
using Goterra.Core;
using Microsoft.AspNetCore.Http.Features;

namespace Goterra.Api.Access;

/// <summary>
/// Counts API keys and tickets that were wrong, by address (IPv6: by /64, which is what one person has): so many a minute, and from then on nobody is asked any
/// more whether the next one is right. Tokens are not concerned: they can't be guessed, and cost nobody else anything.
/// </summary>
internal sealed class FailedAttempts(Limits limits) : IDisposable
{
    private readonly PartitionedRateLimiter<IPAddress> _failures = PartitionedRateLimiter.Create<IPAddress, IPAddress>(address =>
        RateLimitPartition.GetTokenBucketLimiter(address, _ => new TokenBucketRateLimiterOptions
        {
            TokenLimit = limits.FailedAttempts,
            TokensPerPeriod = 1,
            ReplenishmentPeriod = TimeSpan.FromMinutes(1) / limits.FailedAttempts,
            QueueLimit = 0,
        }));

    public ProblemBody Problem { get; } = OutcomeProblems.OverLimit(StatusCodes.Status429TooManyRequests, new LimitHit("failed_attempts", limits.FailedAttempts));

    /// <summary>Whether another attempt from this address may be looked at.</summary>
    /// <remarks>Whole attempts only: asked for none at all, the limiter would be content with the fraction of one that has come back since.</remarks>
    public bool Allows(HttpContext context) => _failures.GetStatistics(Network(context)) is not { CurrentAvailablePermits: < 1 };

    public void Count(HttpContext context) => _failures.AttemptAcquire(Network(context)).Dispose();

    public void Dispose() => _failures.Dispose();

    private static IPAddress Network(HttpContext context)
    {
        var address = context.Features.Get<IHttpConnectionFeature>()?.RemoteIpAddress ?? IPAddress.None;
        if (address.IsIPv4MappedToIPv6)
            return address.MapToIPv4();
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
            return address;

        var bytes = address.GetAddressBytes();
        bytes.AsSpan(8).Clear();
        return new IPAddress(bytes);
    }
}
