using System.Text.Json.Serialization;
using FluentValidation;
using Goterra.Core.Access;

namespace Goterra.Api.Tokens;

/// <summary>For which machine a ticket is, and what it opens: <c>read</c> and <c>write</c>, or everything with <c>full</c>.</summary>
/// <param name="Name">For people: 1 to 100 characters.</param>
/// <param name="Ttl">How long it can be redeemed: <c>90s</c>, <c>30m</c>, <c>24h</c>, <c>7d</c>, or a number of seconds; as long as a token lives without it.</param>
/// <param name="Read">What the machine may read: keys, or prefixes with one <c>*</c> at the end.</param>
/// <param name="Write">What it may write, in the same form.</param>
/// <param name="Full">With <c>true</c>: everything in the deployment, deleting it included.</param>
/// <param name="Fail">With <c>false</c>, it may not declare the deployment failed.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record TicketRequest(
    string? Name = null, string? Ttl = null, IReadOnlyList<string>? Read = null, IReadOnlyList<string>? Write = null, bool? Full = null, bool? Fail = null)
{
    /// <summary>Keeps the name out of logs, which print the arguments of actions at trace level.</summary>
    public override string ToString() => "TicketRequest";

    internal Scope ToScope() => Full is true ? Scope.Full : new TokenRequest(null, Read, Write, Fail).ToScope()!;
}

internal sealed class TicketRules : AbstractValidator<TicketRequest>
{
    private const int LongestName = 100;

    public TicketRules()
    {
        RuleFor(request => request.Name)
            .Must(name => name is null || (name.Length is >= 1 and <= LongestName && !name.Any(char.IsControl)))
            .OverridePropertyName("name")
            .WithMessage("it has 1 to 100 characters, none of them a control character");
        RuleFor(request => request.Ttl).MustBeLifetime();
        RuleFor(request => request.Read).MustBePatterns("read");
        RuleFor(request => request.Write).MustBePatterns("write");
        RuleFor(request => request).Custom((request, context) =>
        {
            if (request.Full is true ? request.Read is not null || request.Write is not null || request.Fail is not null : request.Read is null && request.Write is null)
                context.AddFailure("full", "say what the ticket opens: either 'read' and 'write', or 'full': true alone");
            else
                ScopeRules.Check(request.Read, request.Write, request.Fail, context);
        });
    }
}

/// <summary>A ticket, and who redeems it.</summary>
/// <param name="Ticket">As it was made.</param>
/// <param name="Machine">What the machine is known by: 256 random bits that it makes at first use and keeps; 43 to 128 letters, digits and <c>-_+/=</c>.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record RedeemRequest(string? Ticket, string? Machine)
{
    /// <summary>Keeps the ticket out of logs, which print the arguments of actions at trace level.</summary>
    public override string ToString() => "RedeemRequest";
}

internal sealed class RedeemRules : AbstractValidator<RedeemRequest>
{
    public RedeemRules()
    {
        RuleFor(request => request.Ticket).Must(ticket => ticket is { Length: >= 1 and <= 200 }).OverridePropertyName("ticket").WithMessage("it is required, a ticket as it was made");
        RuleFor(request => request.Machine)
            .Must(machine => machine is { Length: >= 43 and <= 128 } && machine.All(character => char.IsAsciiLetterOrDigit(character) || "-_+/=".Contains(character, StringComparison.Ordinal)))
            .OverridePropertyName("machine")
            .WithMessage("it is required: 256 random bits, written as 43 to 128 letters, digits and -_+/=");
    }
}

/// <summary>A ticket.</summary>
/// <param name="Ticket">All that a machine needs beside the server's address. Shown this once.</param>
/// <param name="Expires">When it can no longer be redeemed (RFC 3339, UTC).</param>
public sealed record TicketResponse(string Ticket, DateTime Expires)
{
    public static TicketResponse From(Ticket ticket) => new(ticket.Text, ticket.Expires.UtcDateTime);

    /// <summary>Keeps the ticket out of anything that prints records.</summary>
    public override string ToString() => "TicketResponse";
}
