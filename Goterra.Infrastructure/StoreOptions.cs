using Goterra.Core.Access;

namespace Goterra.Infrastructure;

/// <summary>Where values are kept. Without <see cref="Redis"/> the embedded store is used.</summary>
public sealed record StoreOptions
{
    /// <summary>The server, sentinels or cluster to use; null for the embedded store.</summary>
    public RedisOptions? Redis { get; init; }

    /// <summary>The folder of the embedded store, made if missing.</summary>
    public string Data { get; init; } = "data";

    /// <summary>Begins every key and channel name in Redis.</summary>
    public string Prefix { get; init; } = "goterra";
}

/// <summary>A server that speaks the Redis protocol: Redis, Valkey, sentinels, a cluster.</summary>
public sealed record RedisOptions
{
    /// <summary>One host, or several with commas between them; each may have a port behind a colon. The path of a Unix socket will do too.</summary>
    public required string Host { get; init; }

    /// <summary>For the hosts that name none. 1 to 65535.</summary>
    public int Port { get; init; } = 6379;

    public string? User { get; init; }

    public string? Password { get; init; }

    /// <summary>TLS to the server. Off by default.</summary>
    public bool Tls { get; init; }

    /// <summary>The name of the monitored service, where the hosts are sentinels.</summary>
    public string? Sentinel { get; init; }

    /// <summary>Keeps the password out of anything that prints records.</summary>
    public override string ToString() => $"{(Sentinel is null ? "" : "sentinel ")}{Host} port {Port}";
}
