using System.Security.Cryptography;
using System.Text;
using Goterra.Core.Deployments;
using Goterra.Core.Model;

namespace Goterra.Infrastructure.Sqlite;

/// <summary>The results of replayable writes, kept for 24 hours under their idempotency keys.</summary>
/// <param name="fingerprints">Of the write, if it is replayable; otherwise empty.</param>
internal sealed class SqliteReplays(ValueWrite write, string[] fingerprints, SqliteClock clock)
{
    private static readonly long Life = (long)TimeSpan.FromHours(24).TotalMilliseconds;

    /// <summary>Finds the result of an earlier write with the same idempotency key.</summary>
    public Outcome? Find(SqliteSession session, long now)
    {
        if (write is not { IsReplayable: true, IdempotencyKey: { } key })
            return null;

        return session.First(
            "SELECT fingerprint, revision, mark, expires FROM replays " +
            "WHERE deployment = ?1 AND hash = ?2 AND forgotten > ?3",
            row => fingerprints.Contains(row.GetString(0))
                ? new Outcome(
                    OutcomeKind.Done,
                    row.GetString(2) is { Length: > 0 } mark ? new EntityTag(row.Number(1), mark) : null,
                    row.Number(1),
                    clock.DateOf(row.Number(3)))
                : new Outcome(OutcomeKind.IdempotencyKeyReused),
            write.Id.ToString(), HashOf(key), now);
    }

    /// <summary>Returns the result of a successful write, and stores it if the write is replayable.</summary>
    public Outcome Record(SqliteWriteSession session, EntityTag? tag, long revision, long expires)
    {
        if (write is { IsReplayable: true, IdempotencyKey: { } key })
        {
            session.Execute(
                "INSERT OR REPLACE INTO replays (deployment, hash, fingerprint, revision, mark, expires, forgotten) " +
                "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                write.Id.ToString(), HashOf(key), fingerprints[0], revision, tag?.Nonce ?? "", expires,
                session.Now + Life);
        }

        return new Outcome(OutcomeKind.Done, tag, revision, clock.DateOf(expires));
    }

    private static string HashOf(string idempotencyKey) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(idempotencyKey)).AsSpan(0, 16));
}
