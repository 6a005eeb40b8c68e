using Goterra.Core.Model;

namespace Goterra.Infrastructure.Sqlite;

/// <summary>A value as writes need it.</summary>
/// <param name="Expires">The end of a lease on the lease clock; 0 for a value that is not a lease.</param>
internal sealed record ValueRow(EntityTag Tag, long Size, long Expires, string? File)
{
    public bool IsLease => Expires > 0;

    /// <returns>Null if there is none. An expired lease is found until it is swept.</returns>
    public static ValueRow? Find(SqliteSession session, DeploymentId id, ValueKey key) => session.First(
        "SELECT revision, mark, size, expires, file FROM \"values\" WHERE deployment = ?1 AND key = ?2",
        row => new ValueRow(
            new EntityTag(row.Number(0), row.GetString(1)), row.Number(2), row.Number(3), row.Text(4)),
        id.ToString(), key.Text);

    public bool IsExpired(long leaseNow) => IsLease && Expires <= leaseNow;
}
