using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Goterra.Core.Model;
using Goterra.Core.Tokens;
using Goterra.Infrastructure.Encryption;

namespace Goterra.Infrastructure.Sqlite;

/// <summary>Owners of deployments and the issue of tokens, in the embedded store.</summary>
internal sealed class SqliteAccessRepository(
    SqliteStore store, ValueCipher cipher, AccessOptions options) : IAccessRepository
{
    public Task<Ownership?> FindOwnershipAsync(
        DeploymentId id, CancellationToken cancellationToken) => store.ReadAsync(session => session.First(
        $"""
        SELECT d.source, d.uid, d.namespace, n.epoch, d.expires = 0 OR d.expires > ?2
        {DeploymentRow.From} WHERE d.id = ?1
        UNION ALL
        SELECT source, uid, namespace, NULL, 0 FROM tombstones WHERE id = ?1 AND forgotten > ?2
        """,
        row => new Ownership(
            new Owner(row.GetString(0), row.GetString(1)), row.Text(2) is { } name ? NamespaceName.Parse(name) : null,
            Lives: row.Number(4) == 1, row.Text(3)),
        id.ToString(), store.Clock.Now));

    public Task<MintResult> MintAsync(MintRequest request, CancellationToken cancellationToken)
    {
        var note = SqliteEvents.Seal(cipher, request.Id, request.Note);
        return store.WriteAsync(session => Mint(session, request, note));
    }

    public async Task<IReadOnlyList<DeploymentEvent>> ListSecurityEventsAsync(
        DeploymentId id, CancellationToken cancellationToken) =>
        await store.ReadAsync(session => SqliteEvents.ReadSecurity(session, cipher, id));

    private MintResult Mint(SqliteWriteSession session, MintRequest request, byte[] note)
    {
        if (DeploymentRow.Authorize(session, request.Id, request.Epoch, out var status) is not { } deployment)
            return new MintResult(status);
        var left = DeploymentRow.CallerLeft(request.Epoch, request.CallerLeft, session.Now);
        if (deployment.DerivedLifetime(request.Lifetime, request.RenewalWindow, left, session.Now) is not { } lifetime)
            return new MintResult(OutcomeKind.RenewalOver);

        var epoch = request.NewEpoch ?? deployment.Epoch;
        var expires = deployment.ExpiresWithToken(
            session.Now + (long)lifetime.TotalMilliseconds, options.MaxRetention);
        session.Execute(
            "UPDATE deployments SET epoch = ?2, expires = ?3, revoked_tickets = ?4 WHERE id = ?1",
            request.Id.ToString(), epoch, expires, request.NewEpoch is null ? deployment.RevokedTickets : "");
        SqliteEvents.AppendSecurity(
            session, deployment, request.NewEpoch is null ? EventType.TokenMade : EventType.Revoked, note,
            routine: request.NewEpoch is null);
        if (request.NewEpoch is not null)
        {
            SqliteSwitches.DisarmAll(session, request.Id);
            session.Publish(request.Id, key: null);
        }

        return new MintResult(OutcomeKind.Done, epoch, lifetime, DeploymentRow.DateOf(expires))
        {
            Now = DateTimeOffset.FromUnixTimeMilliseconds(session.Now),
        };
    }
}
