using Goterra.Core.Model;

namespace Goterra.Infrastructure.Sqlite;

/// <summary>
/// Ends deployments. The row that makes one live goes first, in one step; what belongs to it follows in slices, so that a large one does not hold up the writer.
/// Whatever dies on the way, its tombstone says that something is left.
/// </summary>
internal sealed class SqliteRemoval(SqliteStore store)
{
    private const int RowsPerSlice = 64;

    private const string RemoveValues =
        "DELETE FROM \"values\" WHERE deployment = ?1 AND key IN (SELECT key FROM \"values\" WHERE deployment = ?1 ORDER BY key LIMIT ?2) RETURNING file";

    private static readonly long TombstoneLife = (long)TimeSpan.FromDays(7).TotalMilliseconds;

    private static readonly string[] RemoveTheRest =
    [
        "DELETE FROM events WHERE deployment = ?1 AND slot IN (SELECT slot FROM events WHERE deployment = ?1 LIMIT ?2)",
        "DELETE FROM security_events WHERE deployment = ?1 AND slot IN (SELECT slot FROM security_events WHERE deployment = ?1 LIMIT ?2)",
        "DELETE FROM replays WHERE deployment = ?1 AND hash IN (SELECT hash FROM replays WHERE deployment = ?1 LIMIT ?2)",
        "DELETE FROM tickets WHERE deployment = ?1 AND hash IN (SELECT hash FROM tickets WHERE deployment = ?1 LIMIT ?2)",
        "DELETE FROM ticket_misuses WHERE deployment = ?1 AND (hash, address) IN (SELECT hash, address FROM ticket_misuses WHERE deployment = ?1 LIMIT ?2)",
    ];

    /// <summary>From here on the deployment does not live. Whose it was is remembered for 7 days.</summary>
    /// <returns>Whether nothing of it is left; otherwise <see cref="TryFinishAsync"/> removes the rest.</returns>
    public static bool End(SqliteWriteSession session, DeploymentId id)
    {
        session.Execute(
            "INSERT OR REPLACE INTO tombstones (id, source, uid, namespace, forgotten) SELECT id, source, uid, namespace, ?2 FROM deployments WHERE id = ?1",
            id.ToString(), session.Now + TombstoneLife);
        session.Execute("DELETE FROM deployments WHERE id = ?1", id.ToString());
        session.Announce(id, key: null);
        return RemoveSlice(session, id);
    }

    /// <summary>Removes what is left of a deployment that has ended. Where this stops early, housekeeping goes on.</summary>
    public async Task TryFinishAsync(DeploymentId id)
    {
        try
        {
            while (!await store.WriteAsync(session => RemoveSlice(session, id), frees: true))
                store.Files.RemoveReleased();
        }
        catch (Exception e) when (SqliteFaults.IsFault(e))
        {
            // The tombstone says that something is left.
        }
    }

    /// <returns>Whether nothing is left.</returns>
    private static bool RemoveSlice(SqliteWriteSession session, DeploymentId id)
    {
        var files = session.All(RemoveValues, row => row.Text(0), id.ToString(), RowsPerSlice);
        files.ForEach(session.Release);

        var removed = files.Count;
        foreach (var statement in RemoveTheRest)
        {
            if (removed >= RowsPerSlice)
                return false;
            removed += session.Execute(statement, id.ToString(), RowsPerSlice - removed);
        }

        if (removed >= RowsPerSlice)
            return false;
        session.Execute("UPDATE tombstones SET removed = 1 WHERE id = ?1", id.ToString());
        return true;
    }
}
