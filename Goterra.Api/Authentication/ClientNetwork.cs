using System.Net;
using System.Threading.RateLimiting;
using Goterra.Api.Http;

namespace Goterra.Api.Authentication;

/// <summary>The network of a client: its address; for IPv6 the /64, the network of one customer.</summary>
internal static class ClientNetwork
{
    /// <summary>Creates a limiter with a token bucket per client.</summary>
    /// <param name="permits">The permits of a full bucket; so many are replenished per period, one at a time.</param>
    /// <param name="period">How long it takes to fill an empty bucket.</param>
    public static PartitionedRateLimiter<TClient> CreateLimiter<TClient>(int permits, TimeSpan period)
        where TClient : notnull =>
        PartitionedRateLimiter.Create<TClient, TClient>(client =>
            RateLimitPartition.GetTokenBucketLimiter(client, _ => new TokenBucketRateLimiterOptions
            {
                TokenLimit = permits,
                TokensPerPeriod = 1,
                ReplenishmentPeriod = period / permits,
                QueueLimit = 0,
            }));

    public static IPAddress Of(HttpContext context) => ClientAddress.NetworkOf(context);
}
