namespace Goterra.Core;

/// <summary>What one deployment, one request and one instance may use (<c>limits:</c> in the configuration).</summary>
public sealed record Limits
{
    /// <summary>The longest value, in bytes. 1 to 10,000,000.</summary>
    public int ValueBytes { get; init; } = 10_000_000;

    /// <summary>Keys in one deployment. 1 to 1,000,000.</summary>
    public int Keys { get; init; } = 10_000;

    /// <summary>Bytes of all values of one deployment.</summary>
    public long DeploymentBytes { get; init; } = 256_000_000;

    /// <summary>Bytes of all values in one listing.</summary>
    public long ListingBytes { get; init; } = 32_000_000;

    /// <summary>Tickets of one deployment that are neither over nor removed. 1 to 100,000.</summary>
    public int Tickets { get; init; } = 1_000;

    /// <summary>Wrong API keys and tickets from one address in a minute, before the next are refused unseen. 1 to 10,000.</summary>
    public int FailedAttempts { get; init; } = 20;

    /// <summary>Waits that this instance holds at once.</summary>
    public int Waits { get; init; } = 50_000;

    /// <summary>Waits that this instance holds at once for one deployment.</summary>
    public int WaitsPerDeployment { get; init; } = 20_000;

    /// <summary>The longest single wait; a longer one is cut to it. 1 s to 24 h.</summary>
    public TimeSpan MaxWait { get; init; } = TimeSpan.FromMinutes(10);
}
