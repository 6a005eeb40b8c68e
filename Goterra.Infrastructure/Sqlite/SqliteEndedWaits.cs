using Goterra.Core.Model;
using Goterra.Core.Waiting;
using Goterra.Infrastructure.Encryption;

namespace Goterra.Infrastructure.Sqlite;

/// <summary>The last ended waits of each deployment, in the embedded store.</summary>
internal sealed class SqliteEndedWaits(SqliteStore store, ValueCipher cipher) : IEndedWaits
{
    public Task AddAsync(DeploymentId id, IReadOnlyList<EndedWait> waits, CancellationToken cancellationToken)
    {
        var rows = waits.Select(wait => new
        {
            Name = StoredWait.NameOf(wait),
            Since = wait.Wait.Since.ToUnixTimeMilliseconds(),
            Ended = wait.Ended.ToUnixTimeMilliseconds(),
            Content = StoredWait.Seal(cipher, id, wait),
        }).ToList();
        return store.WriteAsync(session =>
        {
            if (DeploymentRow.Find(session, id) is null)
                return 0;

            foreach (var row in rows)
            {
                session.Execute(
                    """
                    INSERT INTO ended_waits (deployment, wait, since, ended, content) VALUES (?1, ?2, ?3, ?4, ?5)
                    ON CONFLICT (deployment, wait) DO UPDATE
                    SET since = min(since, excluded.since), ended = max(ended, excluded.ended),
                        content = iif(ended > excluded.ended, content, excluded.content)
                    """,
                    id.ToString(), row.Name, row.Since, row.Ended, row.Content);
            }

            return session.Execute(
                "DELETE FROM ended_waits WHERE deployment = ?1 AND wait IN (SELECT wait FROM ended_waits " +
                "WHERE deployment = ?1 ORDER BY ended DESC, wait DESC LIMIT -1 OFFSET ?2)",
                id.ToString(), IEndedWaits.MaxKept);
        });
    }

    public async Task<IReadOnlyList<EndedWait>> ListAsync(DeploymentId id, CancellationToken cancellationToken) =>
        await store.ReadAsync(session => session.All(
            "SELECT wait, content, since FROM ended_waits WHERE deployment = ?1 ORDER BY ended DESC, wait DESC",
            row => StoredWait.Open(cipher, id, row.GetString(0), row.Blob(1), row.Time(2)),
            id.ToString()));
}
