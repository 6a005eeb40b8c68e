using Goterra.Core.Model;
using Microsoft.Data.Sqlite;

namespace Goterra.Infrastructure.Sqlite;

/// <summary>What a write must know of a value.</summary>
/// <param name="Expires">The end of a lease on the lease clock; 0 for a value that stays.</param>
internal sealed record ValueRow(EntityTag Tag, long Size, long Expires, string? File)
{
    public bool IsLease => Expires > 0;

    /// <returns>Null where there is none; a lease that is over is there until it is swept.</returns>
    public static ValueRow? Find(SqliteSession session, DeploymentId id, ValueKey key) => session.First(
        "SELECT revision, mark, size, expires, file FROM \"values\" WHERE deployment = ?1 AND key = ?2", Map, id.ToString(), key.Text);

    public bool IsOver(long leaseNow) => IsLease && Expires <= leaseNow;

    public void Remove(SqliteWriteSession session, DeploymentId id, ValueKey key)
    {
        session.Execute("DELETE FROM \"values\" WHERE deployment = ?1 AND key = ?2", id.ToString(), key.Text);
        session.Release(File);
    }

    private static ValueRow Map(SqliteDataReader row) => new(new EntityTag(row.Number(0), row.GetString(1)), row.Number(2), row.Number(3), row.Text(4));
}
