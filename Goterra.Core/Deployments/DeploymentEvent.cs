namespace Goterra.Core.Deployments;

/// <summary>Something that happened in a deployment; never a value.</summary>
/// <param name="Number">Rises by one with each event of the deployment.</param>
/// <param name="Revision">The deployment's revision after it.</param>
/// <param name="Key">The key that was stored or removed.</param>
/// <param name="Reason">Of a failure.</param>
public sealed record DeploymentEvent(long Number, EventType Type, DateTimeOffset Time, long Revision, string? Key, string? Reason)
{
    /// <summary>Keeps the reason out of anything that prints records.</summary>
    public override string ToString() => $"DeploymentEvent {Number} {Type}";
}

public enum EventType
{
    Created,

    /// <summary>A value was stored.</summary>
    Put,

    /// <summary>A value was removed.</summary>
    Deleted,

    /// <summary>The deployment was declared failed; also when it was already.</summary>
    Failed,

    Resumed,
}
