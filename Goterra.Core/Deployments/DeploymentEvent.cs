namespace Goterra.Core.Deployments;

/// <summary>Something that happened in a deployment; never a value.</summary>
/// <param name="Number">Rises by one with each event of the deployment.</param>
/// <param name="Revision">The deployment's revision after it.</param>
/// <param name="Key">The key that was stored or removed.</param>
/// <param name="Reason">Of a failure.</param>
public sealed record DeploymentEvent(long Number, EventType Type, DateTimeOffset Time, long Revision, string? Key, string? Reason)
{
    /// <summary>Of what concerns credentials: who, and from where.</summary>
    public Access.SecurityNote? Note { get; init; }

    /// <summary>A narrowed caller is shown what happens to the keys that it may read, and to the deployment as a whole.</summary>
    public bool IsShownTo(Access.Caller caller) => caller.Scope.IsFull || (Key is null ? !Type.IsSecurity() : caller.MayRead(Key));

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

    /// <summary>A lease ended by itself.</summary>
    Expired,

    /// <summary>The deployment was declared failed; also when it was already.</summary>
    Failed,

    Resumed,

    /// <summary>A token was made: a renewal or a narrower one.</summary>
    TokenMade,

    /// <summary>All tokens and tickets so far were revoked.</summary>
    Revoked,

    /// <summary>A ticket was made.</summary>
    TicketMade,

    /// <summary>A machine traded a ticket for a token.</summary>
    TicketRedeemed,

    /// <summary>A machine tried a ticket that another one had redeemed before.</summary>
    TicketMisused,
}

public static class EventTypes
{
    /// <summary>Concerns credentials: for those with a full one.</summary>
    public static bool IsSecurity(this EventType type) =>
        type is EventType.TokenMade or EventType.Revoked or EventType.TicketMade or EventType.TicketRedeemed or EventType.TicketMisused;
}
