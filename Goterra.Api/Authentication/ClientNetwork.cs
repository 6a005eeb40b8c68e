using System.Threading.RateLimiting;

namespace Goterra.Api.Authentication;

/// <summary>Limits what each client network may do.</summary>
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
}
