using System.Globalization;
using Goterra.Core.Access;

namespace Goterra.Tests.Store.Differential;

/// <param name="Key">What the ticket reads; null for full scope.</param>
/// <param name="Until">How long from now on its tokens may live; null where the deployment's age decides.</param>
internal sealed record MakeTicket(
    int Deployment, ProofChoice Proof, string? Key, TimeSpan? Until, TimeSpan Lifetime, TimeSpan? Window, TimeSpan CallerLeft) : Operation
{
    public override async Task<object?> RunAsync(StoreSession session, CancellationToken cancellationToken)
    {
        var deployment = session.Deployment(Deployment);
        var hash = session.Tickets.Count.ToString("x64", CultureInfo.InvariantCulture);
        var terms = new TicketTerms("worker", "alice", Key is null ? Scope.Full : ScopeOf(Key), session.Now + Until);
        var making = await session.Store.Tickets.MakeAsync(
            new NewTicket(
                deployment.Id, Proof.In(session, deployment), hash, terms, Lifetime, Window, CallerLeft, new SecurityNote(terms.Name, "192.0.2.1")),
            cancellationToken);
        if (making.Expires is { } expires)
            session.Tickets.Add(new TicketState(deployment, hash, expires, deployment.Epochs[^1]));
        return making;
    }

    private static NarrowScope ScopeOf(string key) =>
        new([KeyPattern.TryParse(key, out var pattern, out _) ? pattern : throw new FormatException(key)], [], MayFail: true);
}

/// <summary>Compared for as long as the ticket is good; when it goes after its end is up to the store.</summary>
internal sealed record FindTicket(int Ticket) : Operation
{
    public override async Task<object?> RunAsync(StoreSession session, CancellationToken cancellationToken)
    {
        var ticket = session.Ticket(Ticket);
        var terms = await session.Store.Tickets.FindAsync(ticket.Deployment.Id, ticket.Hash, cancellationToken);
        var isGood = ticket.Deployment.Lives(session.Now) && session.Now < ticket.Expires && ticket.Epoch == ticket.Deployment.Epochs[^1];
        return isGood ? terms : null;
    }
}

/// <param name="Deployment">Null for the ticket's own.</param>
/// <param name="Machine">Who tries, and from where.</param>
internal sealed record RedeemTicket(int Ticket, int? Deployment, int Machine, int Address, TimeSpan Lifetime) : Operation
{
    public override async Task<object?> RunAsync(StoreSession session, CancellationToken cancellationToken)
    {
        var ticket = session.Ticket(Ticket);
        var deployment = Deployment is { } index ? session.Deployment(index) : ticket.Deployment;
        var use = new TicketUse(deployment.Id, ticket.Hash, $"machine{Machine}", Lifetime, new SecurityNote("worker", $"192.0.2.{Address}"));
        var redemption = await session.Store.Tickets.RedeemAsync(use, cancellationToken);
        if (redemption is not null)
            deployment.Expires = redemption.DeploymentExpires;
        return redemption;
    }
}
