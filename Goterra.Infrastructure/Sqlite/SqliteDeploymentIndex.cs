using Goterra.Core.Deployments;
using Goterra.Core.Model;
using Goterra.Infrastructure.Encryption;

namespace Goterra.Infrastructure.Sqlite;

/// <summary>Deployments by owner and by namespace, in the embedded store.</summary>
internal sealed class SqliteDeploymentIndex(SqliteStore store, ValueCipher cipher) : IDeploymentIndex
{
    // Greater than every id.
    private const string NoId = "~";

    // Anonymous deployments have no owner who could list them.
    public Task<DeploymentPage> ListByOwnerAsync(Owner owner, PageRequest page, CancellationToken cancellationToken) =>
        PageAsync("d.source <> 'anonymous' AND d.source = ?5 AND d.uid = ?6", page, owner.Source, owner.Uid);

    public Task<DeploymentPage> ListByNamespaceAsync(
        NamespaceName name, PageRequest page, CancellationToken cancellationToken) =>
        PageAsync("d.namespace = ?5", page, name.Text);

    public Task<DeploymentPage> ListAllAsync(PageRequest page, CancellationToken cancellationToken) =>
        PageAsync("1 = 1", page);

    public Task<long> CountByOwnerAsync(Owner owner, int max, CancellationToken cancellationToken) =>
        store.ReadAsync(session => session.First(
            """
            SELECT count(*) FROM (
                SELECT 1 FROM deployments
                WHERE source <> 'anonymous' AND source = ?1 AND uid = ?2 AND (expires = 0 OR expires > ?3) LIMIT ?4)
            """,
            row => row.Number(0),
            owner.Source, owner.Uid, store.Clock.Now, max));

    public Task<StoreTotals> SumAsync(CancellationToken cancellationToken) => store.ReadAsync(session =>
        session.First(
            """
            SELECT count(*) FILTER (WHERE failed = 0), count(*) FILTER (WHERE failed <> 0), coalesce(sum(bytes), 0)
            FROM deployments WHERE expires = 0 OR expires > ?1
            """,
            row => new StoreTotals(row.Number(0), row.Number(1), row.Number(2)),
            store.Clock.Now) ?? new StoreTotals(null, null, null));

    private Task<DeploymentPage> PageAsync(
        string filter, PageRequest page, params string[] values) => store.ReadAsync(session =>
    {
        object[] arguments =
        [
            store.Clock.Now, page.After?.Created ?? long.MaxValue, page.After?.Id.ToString() ?? NoId, page.Limit + 1,
            .. values,
        ];
        var found = session.All(
            $"""
            SELECT {DeploymentRow.Columns} {DeploymentRow.From}
            WHERE {filter} AND (d.expires = 0 OR d.expires > ?1) AND (d.created, d.id) < (?2, ?3)
            ORDER BY d.created DESC, d.id DESC LIMIT ?4
            """,
            row => DeploymentRow.Summary(row, cipher),
            arguments);

        var shown = found.Take(page.Limit).ToList();
        var last = shown.LastOrDefault()?.Deployment;
        return new DeploymentPage(
            shown,
            found.Count > page.Limit && last is not null
                ? new PageCursor(last.Created.ToUnixTimeMilliseconds(), last.Id)
                : null);
    });
}
