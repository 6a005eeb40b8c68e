using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Goterra.Core.Deployments;

namespace Goterra.Core.Access;

/// <summary>Makes tickets for machines, and trades them for tokens: each for one machine only, so that one that leaks from user-data is worth nothing after it was used.</summary>
public sealed class TicketService(
    ITicketRepository repository, IDeploymentTokens tokens, AccessOptions options, Limits limits, TimeProvider time)
{
    private const int SecretBytes = 32;

    /// <param name="lifetime">Null for that of any token.</param>
    public async Task<(Outcome Outcome, Ticket? Ticket)> MakeAsync(
        Caller caller, string name, Scope scope, TimeSpan? lifetime, string address, CancellationToken cancellationToken)
    {
        if (!caller.Scope.IsFull)
            return (new Outcome(OutcomeKind.OutOfScope), null);

        var secret = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes));
        var reach = TokenReach.Of(caller, options, time);
        var made = await repository.MakeAsync(
            new NewTicket(
                caller.Deployment,
                caller.Epoch,
                HashOf(caller.Deployment, secret),
                new TicketTerms(name, caller.Uid, scope, caller.Until),
                lifetime ?? options.TokenLifetime,
                reach.Window,
                reach.Left,
                new SecurityNote(name, address)),
            cancellationToken);
        return made.Status switch
        {
            TicketStatus.Done => (Outcome.Done, new Ticket($"{caller.Deployment}.{secret}", made.Expires!.Value)),
            TicketStatus.Gone => (new Outcome(OutcomeKind.Gone), null),
            TicketStatus.Revoked => (new Outcome(OutcomeKind.Revoked), null),
            TicketStatus.Closed => (new Outcome(OutcomeKind.RenewalOver), null),
            TicketStatus.TooMany => (new Outcome(OutcomeKind.OverLimit, Limit: new LimitHit("tickets", limits.Tickets)), null),
            _ => throw new InvalidOperationException($"The making of a ticket ended with {made.Status}."),
        };
    }

    /// <summary>Trades a ticket for a token.</summary>
    /// <param name="machine">What the machine is known by: random, made by itself, and kept.</param>
    /// <returns>Null where the ticket is unknown, over, revoked, or another machine's: nobody is told which.</returns>
    public async Task<IssuedToken?> RedeemAsync(
        DeploymentId deployment, string ticket, string machine, string address, CancellationToken cancellationToken)
    {
        if (ticket.Split('.') is not [var id, var secret] || !DeploymentId.TryParse(id, out var named) || named != deployment)
            return null;

        var hash = HashOf(deployment, secret);
        if (await repository.FindAsync(deployment, hash, cancellationToken) is not { } terms)
            return null;

        var now = time.GetUtcNow();
        var lifetime = terms.Until - now is { } left && left < options.TokenLifetime ? left : options.TokenLifetime;
        var use = new TicketUse(deployment, hash, HashOf(deployment, machine), lifetime, new SecurityNote(terms.Name, address));
        if (lifetime <= TimeSpan.Zero || await repository.RedeemAsync(use, cancellationToken) is not { } redemption)
            return null;

        var expires = TokenService.WholeSeconds(now + lifetime);
        var grant = new TokenGrant(deployment, terms.Uid, redemption.Epoch, terms.Scope, expires)
        {
            Until = terms.Scope.IsFull ? terms.Until : expires,
            Line = terms.Scope.IsFull ? null : LineOf(use),
        };
        return new IssuedToken(deployment, tokens.Issue(grant), expires, redemption.DeploymentExpires);
    }

    // A machine that redeems its ticket again gets the same one: its writes stay its own, also under an idempotency key.
    private static string LineOf(TicketUse use) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"line {use.Hash} {use.Machine}")).AsSpan(0, 8));

    private static string HashOf(DeploymentId deployment, string secret) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{deployment}.{secret}")));
}

/// <param name="Text"><c>deployment.secret</c>: all that a machine needs beside the server's address. Shown this once.</param>
public sealed record Ticket(string Text, DateTimeOffset Expires)
{
    /// <summary>Keeps the ticket out of anything that prints records.</summary>
    public override string ToString() => "Ticket";
}
