using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Goterra.Core.Model;
using Goterra.Core.Tokens;
using Goterra.Infrastructure.Encryption;

namespace Goterra.Infrastructure.Sqlite;

/// <summary>Tickets in the embedded store.</summary>
internal sealed class SqliteTicketRepository(
    SqliteStore store, ValueCipher cipher, AccessOptions options, Limits limits) : ITicketRepository
{
    // Misuse is an event once for each ticket and address.
    private const int MaxMisuses = 1000;

    public Task<TicketResult> CreateAsync(NewTicket ticket, CancellationToken cancellationToken)
    {
        var terms = StoredTerms.Seal(cipher, ticket.Id, ticket.Hash, ticket.Terms);
        var note = SqliteEvents.Seal(cipher, ticket.Id, ticket.Note);
        return store.WriteAsync(session => Make(session, ticket, terms, note));
    }

    public Task<TicketTerms?> FindAsync(
        DeploymentId id, string hash, CancellationToken cancellationToken) => store.ReadAsync(session => session.First(
        "SELECT terms FROM tickets WHERE deployment = ?1 AND hash = ?2",
        row => StoredTerms.Open(cipher, id, hash, row.Blob(0)),
        id.ToString(), hash));

    public Task<Redemption?> RedeemAsync(TicketUse use, CancellationToken cancellationToken)
    {
        var note = SqliteEvents.Seal(cipher, use.Id, use.Note);
        var client = StoredTerms.SealClient(cipher, use);
        return store.WriteAsync(session => Redeem(session, use, note, client));
    }

    public Task<TicketListing> ListAsync(DeploymentId id, CancellationToken cancellationToken) =>
        store.ReadAsync(session => session.Snapshot(() =>
    {
        var now = store.Clock.Now;
        var head = session.First(
            $"SELECT {DeploymentRow.HeadColumns} {DeploymentRow.From} WHERE {DeploymentRow.IsAlive}",
            row => DeploymentRow.Head(row, cipher, id, now),
            id.ToString(), now);
        return new TicketListing(head, head is null ? [] : session.All(
            """
            SELECT hash, id, made, expires, redeemed, client, terms,
                (SELECT count(*) FROM ticket_misuses m WHERE m.deployment = t.deployment AND m.hash = t.hash)
            FROM tickets t
            WHERE deployment = ?1 AND epoch = ?2 AND (namespace_epoch IS NULL OR namespace_epoch = ?3)
            ORDER BY made, id
            """,
            row => Info(row, id),
            id.ToString(), head.Epoch, head.NamespaceEpoch));
    }));

    public Task<OutcomeKind> RevokeAsync(TicketRevocation revocation, CancellationToken cancellationToken)
    {
        var note = SqliteEvents.Seal(cipher, revocation.Id, revocation.Note);
        return store.WriteAsync(session => Revoke(session, revocation, note));
    }

    private TicketInfo Info(SqliteRow row, DeploymentId id)
    {
        var hash = row.GetString(0);
        return new TicketInfo(
            row.GetString(1),
            StoredTerms.Open(cipher, id, hash, row.Blob(6)),
            row.Time(2),
            row.Time(3),
            row.Blob(5) is { } client
                ? new TicketRedemption(StoredTerms.OpenClient(cipher, id, hash, client), row.Time(4))
                : null,
            (int)row.Number(7));
    }

    private static OutcomeKind Revoke(SqliteWriteSession session, TicketRevocation revocation, byte[] note)
    {
        var id = revocation.Id.ToString();
        if (DeploymentRow.Authorize(session, revocation.Id, revocation.Epoch, out var status) is not { } deployment)
            return status;
        if (session.First(
            "SELECT iif(machine IS NULL, 'new', 'redeemed') FROM tickets WHERE deployment = ?1 AND id = ?2 " +
            "AND epoch = ?3",
            row => row.GetString(0), id, revocation.Ticket, deployment.Epoch) is not { } state)
            return OutcomeKind.Absent;

        var revoked = deployment.RevokedTickets;
        if (state == "redeemed")
        {
            if (revoked.Split('.').Length >= ITicketRepository.MaxRevoked)
                return OutcomeKind.OverLimit;
            revoked = revoked.Length == 0 ? revocation.Ticket : $"{revoked}.{revocation.Ticket}";
            session.Execute("UPDATE deployments SET revoked_tickets = ?2 WHERE id = ?1", id, revoked);
            SqliteSwitches.DisarmAll(session, revocation.Id, revocation.Ticket);
            session.Publish(revocation.Id, key: null);
        }

        // Those that were created with its tokens end with it.
        session.Execute(
            "DELETE FROM tickets WHERE deployment = ?1 " +
            "AND (id = ?2 OR instr('.' || coalesce(parents, '') || '.', '.' || ?2 || '.') > 0)",
            id, revocation.Ticket);
        SqliteEvents.AppendSecurity(session, deployment, EventType.TicketRevoked, note, routine: false);
        return OutcomeKind.Done;
    }

    private TicketResult Make(SqliteWriteSession session, NewTicket ticket, byte[] terms, byte[] note)
    {
        var id = ticket.Id.ToString();
        if (DeploymentRow.Authorize(session, ticket.Id, ticket.Epoch, out var status) is not { } deployment)
            return new TicketResult(status);
        var left = DeploymentRow.CallerLeft(ticket.Epoch, ticket.CallerLeft, session.Now);
        if (deployment.DerivedLifetime(ticket.Lifetime, ticket.RenewalWindow, left, session.Now) is not { } lifetime)
            return new TicketResult(OutcomeKind.RenewalOver);
        if (Count(session, id) >= limits.Tickets)
        {
            session.Execute(
                "DELETE FROM tickets WHERE deployment = ?1 AND (expires <= ?2 OR epoch <> ?3)", id, session.Now,
                deployment.Epoch);
            if (Count(session, id) >= limits.Tickets)
                return new TicketResult(OutcomeKind.OverLimit);
        }

        var expires = session.Now + (long)lifetime.TotalMilliseconds;
        session.Execute(
            "INSERT OR REPLACE INTO tickets " +
            "(deployment, hash, expires, epoch, namespace_epoch, id, parents, made, terms) " +
            "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            id, ticket.Hash, expires, deployment.Epoch, ticket.Epoch.Namespace, ticket.Ticket, ticket.Epoch.Tickets,
            session.Now, terms);
        SqliteEvents.AppendSecurity(session, deployment, EventType.TicketMade, note, routine: false);
        return new TicketResult(OutcomeKind.Done, DateTimeOffset.FromUnixTimeMilliseconds(expires));
    }

    // Every refusal returns the same result.
    private Redemption? Redeem(SqliteWriteSession session, TicketUse use, byte[] note, byte[] client)
    {
        var id = use.Id.ToString();
        if (DeploymentRow.Find(session, use.Id) is not { } deployment || !deployment.Lives(session.Now))
            return null;

        var ticket = session.First(
            """
            SELECT namespace_epoch, machine, iif(parents IS NULL, id, parents || '.' || id) FROM tickets
            WHERE deployment = ?1 AND hash = ?2 AND expires > ?3 AND epoch = ?4
                AND (namespace_epoch IS NULL OR namespace_epoch = ?5)
            """,
            row => new { NamespaceEpoch = row.Text(0), Machine = row.Text(1), Tickets = row.GetString(2) },
            id, use.Hash, session.Now, deployment.Epoch, deployment.NamespaceEpoch);
        if (ticket is null)
            return null;
        if (ticket.Machine is not null && ticket.Machine != use.Machine)
        {
            if (IsNewMisuse(session, id, use))
                SqliteEvents.AppendSecurity(session, deployment, EventType.TicketMisused, note, routine: false);
            return null;
        }

        if (ticket.Machine is null)
        {
            session.Execute(
                "UPDATE tickets SET machine = ?3, redeemed = ?4, client = ?5 WHERE deployment = ?1 AND hash = ?2",
                id, use.Hash, use.Machine, session.Now, client);
        }

        var expires = deployment.ExpiresWithToken(
            session.Now + (long)use.Lifetime.TotalMilliseconds, options.MaxRetention);
        session.Execute("UPDATE deployments SET expires = ?2 WHERE id = ?1", id, expires);
        SqliteEvents.AppendSecurity(
            session, deployment, EventType.TicketRedeemed, note, routine: ticket.Machine is not null);
        return new Redemption(
            new EpochProof(deployment.Epoch, ticket.NamespaceEpoch, ticket.Tickets), DeploymentRow.DateOf(expires))
        {
            Now = DateTimeOffset.FromUnixTimeMilliseconds(session.Now),
        };
    }

    private static long Count(SqliteSession session, string id) =>
        session.First("SELECT count(*) FROM tickets WHERE deployment = ?1", row => row.Number(0), id);

    private static bool IsNewMisuse(SqliteWriteSession session, string id, TicketUse use) =>
        session.First(
            "SELECT count(*) FROM ticket_misuses WHERE deployment = ?1", row => row.Number(0), id) < MaxMisuses
        && session.Execute(
            "INSERT OR IGNORE INTO ticket_misuses (deployment, hash, address) VALUES (?1, ?2, ?3)", id, use.Hash,
            use.Note.Address) == 1;
}
