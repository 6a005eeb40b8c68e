using Goterra.Core.Access;

namespace Goterra.Core.Deployments;

/// <summary>A deployment's own facts. They never live among its keys.</summary>
public sealed record Deployment(
    DeploymentId Id,
    Owner Owner,
    string? Namespace,
    string? Name,
    DateTimeOffset Created,
    DateTimeOffset Updated,
    DateTimeOffset? Expires,
    long Revision);

/// <summary>What must be known of a deployment at each access, read in the same store call as the data.</summary>
/// <param name="Epoch">Random; tokens of an earlier epoch are revoked.</param>
/// <param name="TimeLeft">How long the deployment still lives by the store's clock; null: until it is deleted.</param>
public sealed record DeploymentHead(string Epoch, TimeSpan? TimeLeft);

/// <summary>What the key index knows of a value without loading it.</summary>
/// <param name="Size">Length of the value in bytes.</param>
public sealed record KeyInfo(string Key, long Size, EntityTag Tag, DateTimeOffset Updated);

/// <summary>A value as it was stored.</summary>
public sealed record StoredValue(ReadOnlyMemory<byte> Bytes, EntityTag Tag)
{
    /// <summary>Keeps the value out of anything that prints records.</summary>
    public override string ToString() => $"StoredValue {Tag}, {Bytes.Length} bytes";
}
