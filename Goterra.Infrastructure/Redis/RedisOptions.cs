namespace Goterra.Infrastructure.Redis;

/// <summary>A server that speaks the Redis protocol: Redis, Valkey, a cluster, or their sentinels.</summary>
public sealed record RedisOptions
{
    /// <summary>
    /// One or more hosts, separated by commas, each with an optional <c>:port</c>; or the path of a Unix socket.
    /// </summary>
    public required string Host { get; init; }

    /// <summary>The port of hosts without one. 1 to 65535, default 6379.</summary>
    public int Port { get; init; } = 6379;

    /// <summary>The ACL user.</summary>
    public string? User { get; init; }

    /// <summary>The password of the user, or of the server.</summary>
    public string? Password { get; init; }

    /// <summary>Whether to use TLS. Default false.</summary>
    public bool Tls { get; init; }

    /// <summary>The name of the monitored service, if the hosts are sentinels.</summary>
    public string? Sentinel { get; init; }

    /// <summary>How many replicas must have a write before it is acknowledged. 0 to 10, default 0.</summary>
    public int MinReplicas { get; init; }

    /// <summary>Omits the password.</summary>
    public override string ToString() => $"{(Sentinel is null ? "" : "sentinel ")}{Host} port {Port}";
}
