using System.Globalization;
using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Goterra.Core.Tokens;

namespace Goterra.Tests.Contract.Differential;

/// <param name="Key">What the ticket reads; null for full scope.</param>
/// <param name="Until">Limits the lifetime of its tokens; null for no limit of its own.</param>
internal sealed record MakeTicket(
    int Deployment, ProofChoice Proof, string? Key, TimeSpan? Until, TimeSpan Lifetime, TimeSpan? Window,
    TimeSpan CallerLeft) : Operation
{
    public override async Task<object?> RunAsync(StoreSession session, CancellationToken cancellationToken)
    {
        var deployment = session.Deployment(Deployment);
        var hash = session.Tickets.Count.ToString("x64", CultureInfo.InvariantCulture);
        var id = session.Tickets.Count.ToString("x16", CultureInfo.InvariantCulture);
        var terms = new TicketTerms("worker", "alice", Key is null ? Scope.Full : ScopeOf(Key), session.Now + Until);
        var making = await session.Store.Tickets.CreateAsync(
            new NewTicket(
                deployment.Id, Proof.In(session, deployment), id, hash, terms, Lifetime, Window, CallerLeft,
                new SecurityNote(terms.Name, "192.0.2.1")),
            cancellationToken);
        if (making.Expires is { } expires)
            session.Tickets.Add(new TicketState(deployment, id, hash, expires, deployment.Epochs[^1]));
        return making;
    }

    private static NarrowScope ScopeOf(string key) =>
        new(
            [KeyPattern.TryParse(key, out var pattern, out _) ? pattern : throw new FormatException(key)], [],
            MayFail: true);
}

/// <summary>Compared only while the ticket is valid: a store may keep an expired or revoked one.</summary>
internal sealed record FindTicket(int Ticket) : Operation
{
    public override async Task<object?> RunAsync(StoreSession session, CancellationToken cancellationToken)
    {
        var ticket = session.Ticket(Ticket);
        var terms = await session.Store.Tickets.FindAsync(ticket.Deployment.Id, ticket.Hash, cancellationToken);
        var isValid = ticket.Deployment.Lives(session.Now) && session.Now < ticket.Expires && !ticket.IsRevoked
            && ticket.Epoch == ticket.Deployment.Epochs[^1];
        return isValid ? terms : null;
    }
}

/// <param name="Deployment">Null for the deployment of the ticket.</param>
internal sealed record RedeemTicket(
    int Ticket, int? Deployment, int Machine, int Address, TimeSpan Lifetime) : Operation
{
    public override async Task<object?> RunAsync(StoreSession session, CancellationToken cancellationToken)
    {
        var ticket = session.Ticket(Ticket);
        var deployment = Deployment is { } index ? session.Deployment(index) : ticket.Deployment;
        var use = new TicketUse(
            deployment.Id, ticket.Hash, $"machine{Machine}", Lifetime,
            new SecurityNote("worker", $"192.0.2.{Address}"), $"192.0.2.{Address} machine{Machine}");
        var redemption = await session.Store.Tickets.RedeemAsync(use, cancellationToken);
        if (redemption is not null)
        {
            deployment.Expires = redemption.DeploymentExpires;
            deployment.Tickets.Add(redemption.Epoch.Tickets);
        }

        return redemption;
    }
}

internal sealed record ListTickets(int Deployment) : Operation
{
    public override async Task<object?> RunAsync(StoreSession session, CancellationToken cancellationToken)
    {
        var listing = await session.Store.Tickets.ListAsync(session.Deployment(Deployment).Id, cancellationToken);
        return new { Lives = listing.Head is not null, listing.Head?.RevokedTickets, listing.Tickets };
    }
}

internal sealed record RevokeTicket(int Ticket, ProofChoice Proof) : Operation
{
    public override async Task<object?> RunAsync(StoreSession session, CancellationToken cancellationToken)
    {
        var ticket = session.Ticket(Ticket);
        var revocation = new TicketRevocation(
            ticket.Deployment.Id, Proof.In(session, ticket.Deployment), ticket.Id,
            new SecurityNote("worker", "192.0.2.1"));
        var outcome = await session.Store.Tickets.RevokeAsync(revocation, cancellationToken);
        if (outcome == OutcomeKind.Done)
        {
            // Its children end with it; whether a ticket is one is the store's to know.
            foreach (var one in session.Tickets.Where(one => one.Deployment == ticket.Deployment))
                one.IsRevoked = true;
        }

        return outcome;
    }
}
