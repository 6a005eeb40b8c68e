using Goterra.Core.Access;
using StackExchange.Redis;

namespace Goterra.Infrastructure.Redis;

/// <summary>What scripts are given, in the notation of the prologue.</summary>
internal static class RedisArguments
{
    /// <summary>See "proven" in the prologue.</summary>
    public static RedisValue Proof(EpochProof proof) => $"{proof.Deployment ?? "*"} {proof.Namespace ?? "*"}";

    public static RedisValue Milliseconds(TimeSpan? span) => span is { } given ? (long)given.TotalMilliseconds : RedisValue.EmptyString;
}
