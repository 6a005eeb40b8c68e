namespace Goterra.Infrastructure.Maintenance;

/// <summary>The state of a store.</summary>
public sealed record StoreFindings
{
    /// <summary>False if the first start of a server will create it.</summary>
    public bool Exists { get; init; }

    /// <summary>Whether it was created with another secret.</summary>
    public bool HasOtherSecret { get; init; }

    /// <summary>What keeps servers from using it.</summary>
    public IReadOnlyList<string> Errors { get; init; } = [];

    /// <summary>A backup has to be restored.</summary>
    public bool IsDamaged { get; init; }

    /// <summary>What may lose data.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>Its own clock; null for that of this machine.</summary>
    public DateTimeOffset? Clock { get; init; }

    /// <summary>When a deployment last changed.</summary>
    public DateTimeOffset? LastWrite { get; init; }
}

/// <param name="ValueBytes">Of the values, before encryption.</param>
/// <param name="StoreBytes">On the disk, or in the memory of Redis.</param>
/// <param name="Waits">Null if only the running server knows.</param>
public sealed record StoreStatistics(
    long Deployments, long Failed, long Keys, long ValueBytes, long StoreBytes, long? Waits);
