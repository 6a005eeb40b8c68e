namespace Goterra.Core.Model;

/// <summary>
/// The limits of a request, a deployment and an instance (<c>limits:</c> in the configuration). Those that are compared
/// on each use change when the configuration is reloaded.
/// </summary>
public sealed record Limits
{
    /// <summary>Bytes of one value. 1 to 64,000,000.</summary>
    public int ValueBytes { get; set; } = 10_000_000;

    /// <summary>Keys in one deployment. 1 to 1,000,000.</summary>
    public int Keys { get; set; } = 10_000;

    /// <summary>Bytes of all values of one deployment.</summary>
    public long DeploymentBytes { get; set; } = 256_000_000;

    /// <summary>Bytes of all values in one listing.</summary>
    public long ListingBytes { get; set; } = 256_000_000;

    /// <summary>Memory of the request bodies that this instance is receiving, in bytes; further ones wait.</summary>
    public long UploadBytes { get; init; } = 256_000_000;

    /// <summary>Unexpired tickets of one deployment. 1 to 100,000.</summary>
    public int Tickets { get; set; } = 1_000;

    /// <summary>Wrong API keys from one address per minute; further attempts are throttled. 1 to 10,000.</summary>
    public int FailedAttempts { get; init; } = 20;

    /// <summary>Redemptions of tickets from one address per second. 1 to 100,000.</summary>
    public int Redemptions { get; init; } = 1_000;

    /// <summary>New deployments per minute of one user, or of one address for anonymous ones. 1 to 100,000.</summary>
    public int CreatesPerMinute { get; init; } = 600;

    /// <summary>Concurrent waits and event streams of this instance.</summary>
    public int Waits { get; set; } = 50_000;

    /// <summary>Concurrent waits and event streams of this instance for one deployment.</summary>
    public int WaitsPerDeployment { get; set; } = 20_000;

    /// <summary>Concurrent waits and event streams of this instance for clients of one address.</summary>
    public int WaitsPerAddress { get; set; } = 25_000;

    /// <summary>
    /// Deployments of one user; for anonymous ones, those created from one address within the lifetime of a token.
    /// </summary>
    public int DeploymentsPerUser { get; init; } = 10_000;

    /// <summary>Connections to this instance; null for as many as files can be open.</summary>
    public int? Connections { get; init; }

    /// <summary>Connections of the clients of one address; null for half of all.</summary>
    public int? ConnectionsPerAddress { get; init; }

    /// <summary>Bytes of the headers of a request. 1,024 to 1,000,000.</summary>
    public int HeaderBytes { get; init; } = 32_768;

    /// <summary>Bytes per second; a client that sends a body more slowly is disconnected.</summary>
    public int UploadRate { get; init; } = 4_096;

    /// <summary>Longest wait of one request; a longer one is capped. 1 s to 24 h.</summary>
    public TimeSpan MaxWait { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>Takes over the limits that can change while the server runs.</summary>
    public void Adopt(Limits changed)
    {
        ValueBytes = changed.ValueBytes;
        Keys = changed.Keys;
        DeploymentBytes = changed.DeploymentBytes;
        ListingBytes = changed.ListingBytes;
        Tickets = changed.Tickets;
        Waits = changed.Waits;
        WaitsPerDeployment = changed.WaitsPerDeployment;
        WaitsPerAddress = changed.WaitsPerAddress;
        MaxWait = changed.MaxWait;
    }
}

/// <summary>A limit that was reached: its name in the configuration, and its value.</summary>
public sealed record LimitHit(string Name, long Value);
