using System.Text.Json.Serialization;
using FluentValidation;
using Goterra.Core.Access;
using Goterra.Core.Model;
using Goterra.Core.Tokens;

namespace Goterra.Api.Tokens;

/// <summary>
/// The machine that a ticket is for, and its scope: <c>read</c> and <c>write</c>, <c>observe</c>, or <c>full</c>.
/// </summary>
/// <param name="Name">For display: 1 to 100 characters.</param>
/// <param name="Ttl">How long it can be redeemed: <c>90s</c>, <c>30m</c>, <c>24h</c>, <c>7d</c>, or a number of
/// seconds; the lifetime of a token by default.</param>
/// <param name="Read">The keys that the machine may read, and prefixes with one <c>*</c> at the end.</param>
/// <param name="Write">The keys that it may write, in the same format.</param>
/// <param name="Full">With <c>true</c>: full access to the deployment, including deleting it.</param>
/// <param name="Fail">With <c>false</c>, it may not declare the deployment failed.</param>
/// <param name="Observe">With <c>true</c>: all keys, waits, hints and events, but no values, and nothing else.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record TicketRequest(
    Secret? Name = null,
    string? Ttl = null,
    IReadOnlyList<string>? Read = null,
    IReadOnlyList<string>? Write = null,
    bool? Full = null,
    bool? Fail = null,
    bool? Observe = null)
{
    internal Scope ToScope() =>
        Full is true ? Scope.Full : new TokenRequest(null, Read, Write, Fail, Observe).ToScope()!;
}

internal sealed class TicketRequestValidator : AbstractValidator<TicketRequest>
{
    private const int MaxNameLength = 100;

    public TicketRequestValidator()
    {
        RuleFor(request => request.Name)
            .Must(name => name is not { Value: var text }
                || (text.Length is >= 1 and <= MaxNameLength && !text.Any(char.IsControl)))
            .OverridePropertyName("name")
            .WithMessage("it must have 1 to 100 characters, and no control characters");
        RuleFor(request => request.Ttl).MustBeLifetime();
        RuleFor(request => request.Read).MustBePatterns("read");
        RuleFor(request => request.Write).MustBePatterns("write");
        RuleFor(request => request).Custom((request, context) =>
        {
            var isNarrow = request.Read is not null || request.Write is not null;
            var isWhole = request.Full is true || request.Observe is true;
            if (isWhole ? isNarrow || request.Fail is not null || request is { Full: true, Observe: true } : !isNarrow)
                context.AddFailure(
                    request.Observe is true ? "observe" : "full",
                    "the scope is required: either 'read' and 'write', or only 'observe': true, or only 'full': true");
            else
                ScopeValidation.Check(request.Read, request.Write, request.Fail, context);
        });
    }
}

/// <summary>A ticket, and the machine that redeems it.</summary>
/// <param name="Ticket">The ticket as it was issued.</param>
/// <param name="Machine">The machine's secret: 256 random bits that it generates at first use and keeps; 43 to 128
/// letters, digits and <c>-_+/=</c>.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record RedeemRequest(Secret? Ticket, Secret? Machine);

internal sealed class RedeemRequestValidator : AbstractValidator<RedeemRequest>
{
    private const string Symbols = "-_+/=";

    public RedeemRequestValidator()
    {
        RuleFor(request => request.Ticket)
            .Must(ticket => ticket is { Value.Length: >= 1 and <= 200 })
            .OverridePropertyName("ticket")
            .WithMessage("it is required, a ticket as it was issued");
        RuleFor(request => request.Machine)
            .Must(machine => machine is { Value: { Length: >= 43 and <= 128 } text }
                && text.All(character => char.IsAsciiLetterOrDigit(character) || Symbols.Contains(character)))
            .OverridePropertyName("machine")
            .WithMessage("it is required: 256 random bits, as 43 to 128 letters, digits and -_+/=");
    }
}

/// <summary>A ticket.</summary>
/// <param name="Ticket">All that a machine needs besides the server's address. Shown only once.</param>
/// <param name="Id">Names the ticket in lists, and to revoke it. No secret.</param>
/// <param name="Expires">When it expires (RFC 3339, UTC).</param>
public sealed record TicketResponse(Secret Ticket, string Id, DateTime Expires)
{
    public static TicketResponse From(Ticket ticket) => new(ticket.Text, ticket.Id, ticket.Expires.UtcDateTime);
}
