using System.Globalization;
using System.Security.Cryptography;
using Goterra.Core.Access;
using Goterra.Core.Deployments;

namespace Goterra.Infrastructure.Sqlite;

/// <summary>The epochs of namespaces in the embedded store. Every access reads the namespace's own: its deployments need no copies.</summary>
internal sealed class SqliteNamespaceRepository(SqliteStore store) : INamespaceRepository
{
    public Task<string?> EpochAsync(NamespaceName name, CancellationToken cancellationToken) => store.ReadAsync(session => Find(session, name));

    public async Task<string> OpenAsync(NamespaceName name, CancellationToken cancellationToken) =>
        await EpochAsync(name, cancellationToken) ?? await store.WriteAsync(session => Find(session, name) ?? Replace(session, name, number: 1));

    public Task<string> RevokeAsync(NamespaceName name, CancellationToken cancellationToken) => store.WriteAsync(session =>
    {
        var number = Find(session, name) is { } held ? long.Parse(held.AsSpan(0, held.IndexOf('.', StringComparison.Ordinal)), CultureInfo.InvariantCulture) : 0;
        foreach (var id in session.All("SELECT id FROM deployments WHERE namespace = ?1", row => DeploymentId.Parse(row.GetString(0)), name.Text))
            session.Publish(id, key: null);
        return Replace(session, name, number + 1);
    });

    public Task BringAsync(NamespaceName name, string epoch, DeploymentId deployment, CancellationToken cancellationToken) => Task.CompletedTask;

    private static string? Find(SqliteSession session, NamespaceName name) => session.First("SELECT epoch FROM namespaces WHERE name = ?1", row => row.GetString(0), name.Text);

    private static string Replace(SqliteWriteSession session, NamespaceName name, long number)
    {
        var epoch = string.Create(CultureInfo.InvariantCulture, $"{number}.{RandomNumberGenerator.GetHexString(32, lowercase: true)}");
        session.Execute("INSERT OR REPLACE INTO namespaces (name, epoch) VALUES (?1, ?2)", name.Text, epoch);
        return epoch;
    }
}
