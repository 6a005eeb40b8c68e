using Goterra.Core.Deployments;
using Goterra.Core.Model;
using Goterra.Infrastructure.Encryption;

namespace Goterra.Infrastructure.Sqlite;

/// <summary>Deployments by owner and by namespace, in the embedded store.</summary>
internal sealed class SqliteDeploymentIndex(SqliteStore store, ValueCipher cipher) : IDeploymentIndex
{
    private const string AfterTheLast = "~";

    // Anonymous has no index: it equals nobody.
    public Task<DeploymentPage> ListByOwnerAsync(Owner owner, PageRequest page, CancellationToken cancellationToken) =>
        PageAsync("d.source <> 'anonymous' AND d.source = ?5 AND d.uid = ?6", page, owner.Source, owner.Uid);

    public Task<DeploymentPage> ListByNamespaceAsync(NamespaceName name, PageRequest page, CancellationToken cancellationToken) =>
        PageAsync("d.namespace = ?5", page, name.Text);

    private Task<DeploymentPage> PageAsync(string which, PageRequest page, params string[] of) => store.ReadAsync(session =>
    {
        object[] arguments = [store.Clock.Now, page.After?.Created ?? long.MaxValue, page.After?.Id.ToString() ?? AfterTheLast, page.Limit + 1, .. of];
        var found = session.All(
            $"""
            SELECT {DeploymentRows.Columns} {DeploymentRows.From}
            WHERE {which} AND (d.expires = 0 OR d.expires > ?1) AND (d.created, d.id) < (?2, ?3)
            ORDER BY d.created DESC, d.id DESC LIMIT ?4
            """,
            row => new DeploymentSummary(DeploymentRows.Deployment(row, cipher), row.Number(DeploymentRows.KeysColumn)),
            arguments);

        var shown = found.Take(page.Limit).ToList();
        var last = shown.LastOrDefault()?.Deployment;
        return new DeploymentPage(shown, found.Count > page.Limit && last is not null ? new PageCursor(last.Created.ToUnixTimeMilliseconds(), last.Id) : null);
    });
}
