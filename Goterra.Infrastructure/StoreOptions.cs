using Goterra.Infrastructure.Redis;

namespace Goterra.Infrastructure;

/// <summary>Where values are stored. Without <see cref="Redis"/>, in the embedded store.</summary>
public sealed record StoreOptions
{
    /// <summary>The Redis to use; null for the embedded store.</summary>
    public RedisOptions? Redis { get; init; }

    /// <summary>The folder of the embedded store. Created if it is missing.</summary>
    public string Data { get; init; } = "data";

    /// <summary>The prefix of every key and channel name in Redis.</summary>
    public string Prefix { get; init; } = "goterra";
}
