using Goterra.Core.Deployments;

namespace Goterra.Infrastructure.Sqlite;

/// <summary>
/// Ends deployments. The row of the deployment goes first, in one step; what belongs to it follows in slices, so that a large deployment does not hold up the
/// writer. After a crash, the tombstone says that something is left.
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
    ];

    /// <summary>Ends a deployment. Its owner is remembered for 7 days.</summary>
    /// <returns>Whether nothing of it is left; otherwise <see cref="TryFinishAsync"/> removes the rest.</returns>
    public static bool MarkDeleted(SqliteWriteSession session, DeploymentId id)
    {
        session.Execute(
            "INSERT OR REPLACE INTO tombstones (id, source, uid, namespace, forgotten) SELECT id, source, uid, namespace, ?2 FROM deployments WHERE id = ?1",
            id.ToString(), session.Now + TombstoneLife);
        session.Execute("DELETE FROM deployments WHERE id = ?1", id.ToString());
        session.Publish(id, key: null);
        return RemoveSlice(session, id);
    }

    /// <summary>Removes what is left of a deployment that has ended. If this stops early, housekeeping goes on.</summary>
    public async Task TryFinishAsync(DeploymentId id)
    {
        try
        {
            while (!await store.WriteAsync(session => RemoveSlice(session, id), mayUseReserve: true))
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

    private static string RemoveFrom(string table, string key) =>
        $"DELETE FROM {table} WHERE deployment = ?1 AND ({key}) IN (SELECT {key} FROM {table} WHERE deployment = ?1 LIMIT ?2)";
}
