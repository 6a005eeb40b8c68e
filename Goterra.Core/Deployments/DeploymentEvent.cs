using Goterra.Core.Access;

namespace Goterra.Core.Deployments;

/// <summary>Something that happened in a deployment; never contains a value.</summary>
/// <param name="Number">Increases by one with each event of the deployment.</param>
/// <param name="Revision">The deployment's revision after it; null if the caller may not see it.</param>
/// <param name="Key">The key that was stored or removed.</param>
/// <param name="Reason">The reason of a failure.</param>
public sealed record DeploymentEvent(
    long Number, EventType Type, DateTimeOffset Time, long? Revision, string? Key, string? Reason)
{
    /// <summary>For a failure, and for a resumption of one source: who reported the failure; null for none.</summary>
    public string? Source { get; init; }

    /// <summary>For a security event: who, and from which address.</summary>
    public SecurityNote? Note { get; init; }

    /// <summary>Who stored or removed the key; null if it expired, or that is not known.</summary>
    public Writer? Writer { get; init; }

    /// <summary>
    /// All but full credentials see changes of the keys that they may see, and of the deployment as a whole.
    /// </summary>
    public bool IsVisibleTo(Caller caller) =>
        caller.Scope.IsFull || (Key is null ? !Type.IsSecurity() : caller.MaySee(Key));

    /// <summary>The event as the caller may see it.</summary>
    public DeploymentEvent For(Caller caller) =>
        caller.Scope.SeesAll ? this : this with { Revision = null, Writer = null };

    /// <summary>Keeps the reason out of logs.</summary>
    public override string ToString() => $"DeploymentEvent {Number} {Type}";
}

public enum EventType
{
    Created,

    /// <summary>A value was stored.</summary>
    Put,

    /// <summary>A value was removed.</summary>
    Deleted,

    /// <summary>A lease expired.</summary>
    Expired,

    /// <summary>A failure was reported, possibly not for the first time.</summary>
    Failed,

    /// <summary>The failure of one source, or all of them, were taken back.</summary>
    Resumed,

    /// <summary>A token was issued: a renewal or a narrower one.</summary>
    TokenMade,

    /// <summary>All tokens and tickets so far were revoked.</summary>
    Revoked,

    TicketMade,

    TicketRedeemed,

    /// <summary>A machine tried to redeem a ticket that another one had redeemed.</summary>
    TicketMisused,

    /// <summary>One ticket was revoked, with the tokens that derive from it.</summary>
    TicketRevoked,
}

public static class EventTypes
{
    /// <summary>Concerns credentials: visible to full ones only.</summary>
    public static bool IsSecurity(this EventType type) =>
        type is EventType.TokenMade or EventType.Revoked
            or EventType.TicketMade or EventType.TicketRedeemed or EventType.TicketMisused
            or EventType.TicketRevoked;
}
