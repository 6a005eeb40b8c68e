using System.Text.Json.Serialization;
using Goterra.Core.Access;
using Goterra.Core.Tokens;

namespace Goterra.Api.Tokens;

/// <summary>The tickets of a deployment.</summary>
/// <param name="Tickets">Oldest first.</param>
public sealed record TicketsResponse(IReadOnlyList<TicketInfoResponse> Tickets)
{
    public static TicketsResponse From(IReadOnlyList<TicketInfo> tickets) =>
        new([.. tickets.Select(TicketInfoResponse.From)]);
}

/// <summary>A ticket in a list. The secret is not stored.</summary>
/// <param name="Id">Names the ticket, to revoke it.</param>
/// <param name="Name">As given when it was issued.</param>
/// <param name="Made">When it was issued (RFC 3339, UTC).</param>
/// <param name="Expires">Until when it can be redeemed.</param>
/// <param name="Scope">What its tokens allow.</param>
/// <param name="Redeemed">When it was redeemed for the first time; absent if it was not.</param>
/// <param name="Client">The address and name of the client that redeemed it.</param>
/// <param name="Misuses">The number of addresses from which another machine tried to redeem it.</param>
public sealed record TicketInfoResponse(
    string Id,
    string Name,
    DateTime Made,
    DateTime Expires,
    ScopeResponse Scope,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTime? Redeemed,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Client,
    int Misuses)
{
    public static TicketInfoResponse From(TicketInfo ticket) => new(
        ticket.Ticket,
        ticket.Terms.Name,
        ticket.Made.UtcDateTime,
        ticket.Expires.UtcDateTime,
        ScopeResponse.From(ticket.Terms.Scope),
        ticket.Redeemed?.Time.UtcDateTime,
        ticket.Redeemed?.Client,
        ticket.Misuses);
}

/// <summary>What a token allows, in the words of the request that issues one.</summary>
/// <param name="Read">The keys and prefixes that it may read.</param>
/// <param name="Write">The keys and prefixes that it may write.</param>
/// <param name="Fail">Whether it may declare the deployment failed.</param>
/// <param name="Full">True for full access.</param>
/// <param name="Observe">True for all keys, waits, hints and events, without values.</param>
public sealed record ScopeResponse(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? Read = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? Write = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? Fail = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? Full = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? Observe = null)
{
    public static ScopeResponse From(Scope scope) => scope is NarrowScope narrow
        ? new(Texts(narrow.Read), Texts(narrow.Write), narrow.MayFail)
        : scope.IsFull ? new(Full: true)
        : new(Observe: true);

    private static IReadOnlyList<string> Texts(IReadOnlyList<KeyPattern> patterns) =>
        [.. patterns.Select(pattern => pattern.Text)];
}
