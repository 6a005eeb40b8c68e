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

    private readonly Dictionary<IPAddress, Dictionary<string, int>> _underway = [];

    public ProblemBody Problem { get; } = OutcomeProblems.OverLimit(StatusCodes.Status429TooManyRequests, new LimitHit("failed_attempts", limits.FailedAttempts));

    /// <summary>Whether another attempt from this address may be looked at.</summary>
    /// <remarks>Whole attempts only: asked for none at all, the limiter would be content with the fraction of one that has come back since.</remarks>
    public bool Allows(HttpContext context) => _failures.GetStatistics(Network(context)) is not { CurrentAvailablePermits: < 1 };

    /// <summary>
    /// Begins an attempt whose end has to be waited for; null where it may not be looked at. Those under way count as if they had failed: all guesses at once
    /// get no further than one after the other. The same one again is no other attempt.
    /// </summary>
    /// <param name="what">A hash of what is tried.</param>
    public IDisposable? Begin(HttpContext context, string what)
    {
        var network = Network(context);
        lock (_underway)
        {
            var underway = _underway.GetValueOrDefault(network) ?? [];
            var others = underway.ContainsKey(what) ? underway.Count - 1 : underway.Count;
            if (_failures.GetStatistics(network) is { } left && left.CurrentAvailablePermits - others < 1)
                return null;

            underway[what] = underway.GetValueOrDefault(what) + 1;
            _underway[network] = underway;
            return new Attempt(this, network, what);
        }
    }

    public void Count(HttpContext context) => _failures.AttemptAcquire(Network(context)).Dispose();

    public void Dispose() => _failures.Dispose();

    private void End(IPAddress network, string what)
    {
        lock (_underway)
        {
            var underway = _underway[network];
            if (--underway[what] == 0)
                underway.Remove(what);
            if (underway.Count == 0)
                _underway.Remove(network);
        }
    }

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

    private sealed class Attempt(FailedAttempts attempts, IPAddress network, string what) : IDisposable
    {
        public void Dispose() => attempts.End(network, what);
    }
}
