using Goterra.Core.Deployments;
using Goterra.Core.Waiting;

namespace Goterra.Core.Services;

/// <summary>An item of an event stream.</summary>
/// <param name="Event">With <see cref="StreamItemKind.Event"/>.</param>
/// <param name="Wait">With <see cref="StreamItemKind.Wait"/>.</param>
/// <param name="Skipped">With <see cref="StreamItemKind.WaitsSkipped"/>: how many.</param>
/// <param name="Snapshot">With <see cref="StreamItemKind.Snapshot"/>.</param>
public readonly record struct StreamItem(
    StreamItemKind Kind, DeploymentEvent? Event = null, WaitNotification? Wait = null, long Skipped = 0,
    StreamSnapshot? Snapshot = null)
{
    /// <summary>With <see cref="StreamItemKind.Event"/>: its id for the caller, from which it can resume.</summary>
    public string? Id { get; init; }
}

/// <summary>The state of a deployment, or a part of it.</summary>
/// <param name="Keys">Those of this part.</param>
/// <param name="Report">Null in all parts but the first.</param>
/// <param name="HasMore">Another part with further keys follows.</param>
public sealed record StreamSnapshot(
    Deployment Deployment, IReadOnlyList<KeyInfo> Keys, WaitReport? Report, bool HasMore);

public enum StreamItemKind
{
    Event,

    /// <summary>A wait started or ended.</summary>
    Wait,

    /// <summary>More waits started or ended at once than are kept.</summary>
    WaitsSkipped,

    /// <summary>The first item: all later events are in the stream.</summary>
    Opened,

    /// <summary>The state of the deployment at the start of the stream.</summary>
    Snapshot,

    /// <summary>No event; keeps the connection alive.</summary>
    Heartbeat,

    /// <summary>Some events after the requested one are no longer kept; those that are follow.</summary>
    Reset,

    /// <summary>
    /// The last item: the client is too slow, and events that it has not received are no longer kept.
    /// </summary>
    Lagging,

    /// <summary>The last item: the credential has expired or was revoked.</summary>
    CredentialOver,

    /// <summary>The last item: the deployment was deleted or has expired.</summary>
    Ended,
}
