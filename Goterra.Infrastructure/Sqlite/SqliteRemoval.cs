using Goterra.Core.Model;

namespace Goterra.Infrastructure.Sqlite;

/// <summary>
/// Deletes deployments. The row of the deployment is removed first; its data follows in slices, so that a large
/// deployment does not block the writer. After a crash, the tombstone shows that data is left.
/// </summary>
internal sealed class SqliteRemoval(SqliteStore store)
{
    private const int RowsPerSlice = 64;

    private static readonly long TombstoneLife = (long)TimeSpan.FromDays(7).TotalMilliseconds;

    private static readonly string RemoveValues = RemoveFrom("\"values\"", "key") + " RETURNING file";

    private static readonly string[] RemoveTheRest =
    [
        RemoveFrom("events", "slot"),
        RemoveFrom("security_events", "slot"),
        RemoveFrom("replays", "hash"),
        RemoveFrom("tickets", "hash"),
        RemoveFrom("ticket_misuses", "hash, address"),
        RemoveFrom("failures", "source"),
        RemoveFrom("ended_waits", "wait"),
        RemoveFrom("switches", "key"),
    ];

    /// <summary>Deletes a deployment. Its owner is kept for 7 days.</summary>
    /// <returns>Whether all of its data is removed; otherwise <see cref="TryFinishAsync"/> removes the rest.</returns>
    public static bool MarkDeleted(SqliteWriteSession session, DeploymentId id)
    {
        session.Execute(
            "INSERT OR REPLACE INTO tombstones (id, source, uid, namespace, forgotten) " +
            "SELECT id, source, uid, namespace, ?2 FROM deployments WHERE id = ?1",
            id.ToString(), session.Now + TombstoneLife);
        session.Execute("DELETE FROM deployments WHERE id = ?1", id.ToString());
        session.Publish(id, key: null);
        return RemoveSlice(session, id);
    }

    /// <summary>
    /// Removes the remaining data of a deleted deployment. If this stops early, housekeeping continues.
    /// </summary>
    public async Task TryFinishAsync(DeploymentId id)
    {
        try
        {
            while (!await store.WriteAsync(session => RemoveSlice(session, id), mayUseReserve: true))
                store.Files.RemoveReleased();
        }
        catch (Exception e) when (SqliteFaults.IsFault(e))
        {
            // The tombstone shows that data is left.
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

    private static string RemoveFrom(string table, string key) =>
        $"DELETE FROM {table} WHERE deployment = ?1 AND ({key}) " +
        $"IN (SELECT {key} FROM {table} WHERE deployment = ?1 LIMIT ?2)";
}
