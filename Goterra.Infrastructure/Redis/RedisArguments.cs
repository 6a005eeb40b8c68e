using System.Globalization;
using Goterra.Core.Access;
using Goterra.Core.Deployments;
using StackExchange.Redis;

namespace Goterra.Infrastructure.Redis;

/// <summary>Script arguments in the notation of the prologue.</summary>
internal static class RedisArguments
{
    /// <summary>See "holds_fence" in the prologue.</summary>
    public static RedisValue Of(Fence? fence) => fence is null ? RedisValue.EmptyString : $"={fence.Nonce}";

    /// <summary>See "refuses" in the prologue.</summary>
    public static RedisValue Proof(EpochProof proof) => string.Create(
        CultureInfo.InvariantCulture,
        $"{proof.Deployment ?? "*"} {proof.Namespace ?? "*"} {proof.Tickets ?? "*"} "
        + $"{proof.Expires?.ToUnixTimeMilliseconds() ?? 0}");

    public static RedisValue Milliseconds(TimeSpan? span) =>
        span is { } given ? (long)given.TotalMilliseconds : RedisValue.EmptyString;
}
