using Goterra.Core.Access;

namespace Goterra.Core.Deployments;

/// <summary>A deployment's own facts. They never live among its keys.</summary>
public sealed record Deployment(
    DeploymentId Id,
    Owner Owner,
    NamespaceName? Namespace,
    string? Name,
    DateTimeOffset Created,
    DateTimeOffset Updated,
    DateTimeOffset? Expires,
    long Revision)
{
    /// <summary>Why the deployment is failed; null where it is active.</summary>
    public string? FailedBecause { get; init; }

    /// <summary>As it is written for users.</summary>
    public string State => FailedBecause is null ? "active" : "failed";
}

/// <summary>What must be known of a deployment at each access, read in the same store call as the data.</summary>
/// <param name="Epoch">Random; tokens of an earlier epoch are revoked.</param>
/// <param name="TimeLeft">How long the deployment still lives by the store's clock; null: until it is deleted.</param>
/// <param name="Failures">How often the deployment was declared failed: a wait notices a failure even if it was taken back meanwhile.</param>
/// <param name="Failed">Whether it is failed now.</param>
/// <param name="Reason">Of the last failure; null where there was none.</param>
public sealed record DeploymentHead(string Epoch, TimeSpan? TimeLeft, long Failures = 0, bool Failed = false, string? Reason = null)
{
    /// <summary>The current epoch of its namespace; null where it has none.</summary>
    public string? NamespaceEpoch { get; init; }

    /// <summary>Decides whether the deployment may be accessed now.</summary>
    /// <param name="head">Null if the deployment does not exist.</param>
    /// <returns>Null if it may.</returns>
    public static Outcome? Deny(DeploymentHead? head, Caller caller) => head switch
    {
        null => new Outcome(OutcomeKind.Gone),
        _ when !caller.Epoch.HoldsIn(head) => new Outcome(OutcomeKind.Revoked),
        _ => null,
    };

    /// <summary>Keeps epoch and reason out of anything that prints records.</summary>
    public override string ToString() => $"DeploymentHead, failed {Failed}";
}

/// <summary>What the key index knows of a value without loading it.</summary>
/// <param name="Size">Length of the value in bytes.</param>
public sealed record KeyInfo(string Key, long Size, EntityTag Tag, DateTimeOffset Updated)
{
    /// <summary>When it ends, by the store's clock, where it is a lease; null for a value that stays.</summary>
    public DateTimeOffset? Expires { get; init; }
}

/// <summary>A value as it was stored.</summary>
public sealed record StoredValue(ReadOnlyMemory<byte> Bytes, EntityTag Tag)
{
    /// <summary>When it ends, by the store's clock, where it is a lease; null for a value that stays.</summary>
    public DateTimeOffset? Expires { get; init; }

    /// <summary>The value as text; bytes that are not UTF-8 become U+FFFD.</summary>
    public string AsText() => System.Text.Encoding.UTF8.GetString(Bytes.Span);

    /// <summary>Keeps the value out of anything that prints records.</summary>
    public override string ToString() => $"StoredValue {Tag}, {Bytes.Length} bytes";
}
