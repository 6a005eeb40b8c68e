using System.Security.Cryptography;
using System.Text;
using Goterra.Core.Deployments;
using Goterra.Core.Model;

namespace Goterra.Infrastructure.Sqlite;

/// <summary>A change of one key, as the writer carries it out; see <see cref="IDeploymentRepository.PutAsync"/>.</summary>
/// <param name="write">What is asked for.</param>
/// <param name="fingerprints">Of the write, where its idempotency key counts; otherwise empty.</param>
internal sealed class SqliteValueWrites(ValueWrite write, string[] fingerprints, Limits limits, SqliteClock clock)
{
    private static readonly long ReplayLife = (long)TimeSpan.FromHours(24).TotalMilliseconds;

    public Outcome Put(SqliteWriteSession session, SealedValue value)
    {
        if (Enter(session, out var deployment, out var held) is { } refused)
            return refused;

        var present = held is null || held.IsOver(session.LeaseNow) ? null : held;
        if (present is { IsLease: true } && present.Tag == value.Renews)
            return Renew(session, present);
        if (Against(present) is { } against)
            return against;
        if (held is null && deployment.Keys >= limits.Keys)
            return new Outcome(OutcomeKind.TooManyKeys);
        var bytes = deployment.Bytes - (held?.Size ?? 0) + value.Size;
        if (bytes > limits.DeploymentBytes)
            return new Outcome(OutcomeKind.TooManyBytes);

        // Taking a lease that is over and not yet swept ends it: that is a change of its own.
        var ended = held is not null && present is null;
        var changed = ended ? Lapse(session, deployment) : deployment;
        var tag = new EntityTag(changed.Revision + 1, value.Mark);
        var expires = write.Lease is { } lease ? session.LeaseNow + (long)lease.TotalMilliseconds : 0;
        session.Execute(
            "INSERT OR REPLACE INTO \"values\" (deployment, key, revision, mark, size, updated, expires, file, content) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            write.Id.ToString(), write.Key.Text, tag.Revision, tag.Nonce, value.Size, session.Now, expires, value.File, value.File is null ? value.Content : null);
        if (held?.File != value.File)
            session.Release(held?.File);
        Count(session, changed, EventType.Put, keys: held is null ? 1 : 0, bytes);
        Remember(session, tag.Revision, tag.Nonce, expires);
        return new Outcome(OutcomeKind.Done, tag, tag.Revision, clock.DateOf(expires));
    }

    public Outcome Remove(SqliteWriteSession session)
    {
        if (Enter(session, out var deployment, out var held) is { } refused)
            return refused;

        var present = held is null || held.IsOver(session.LeaseNow) ? null : held;
        if (Against(present) is { } against)
            return against;
        if (present is null)
            return new Outcome(OutcomeKind.Absent);

        present.Remove(session, write.Id, write.Key);
        Count(session, deployment, EventType.Deleted, keys: -1, deployment.Bytes - present.Size);
        Remember(session, deployment.Revision + 1, mark: "", expires: 0);
        return new Outcome(OutcomeKind.Done, null, deployment.Revision + 1);
    }

    /// <summary>Removes a lease that is over.</summary>
    public static void Sweep(SqliteWriteSession session, DeploymentId id, ValueKey key)
    {
        if (ValueRow.Find(session, id, key) is not { } held || !held.IsOver(session.LeaseNow) || DeploymentRow.Find(session, id) is not { } deployment)
            return;

        held.Remove(session, id, key);
        Count(session, deployment, key, EventType.Expired, keys: -1, deployment.Bytes - held.Size);
    }

    private Outcome? Enter(SqliteWriteSession session, out DeploymentRow deployment, out ValueRow? held)
    {
        held = null;
        (var status, deployment) = DeploymentRow.Enter(session, write.Id, write.Epoch);
        if (status != OutcomeKind.Done)
            return new Outcome(status);
        if (fingerprints.Length > 0 && Replayed(session) is { } first)
            return first;
        if (write.Fence is { } fence && !Holds(session, fence))
            return new Outcome(OutcomeKind.FenceLost);

        held = ValueRow.Find(session, write.Id, write.Key);
        return null;
    }

    private Outcome? Against(ValueRow? present)
    {
        if (present is { IsLease: true } && write.Condition.Kind == ConditionKind.None)
            return new Outcome(OutcomeKind.Leased, Expires: clock.DateOf(present.Expires));

        var holds = write.Condition.Kind switch
        {
            ConditionKind.None => true,
            ConditionKind.Absent => present is null,
            ConditionKind.Exists => present is not null,
            _ => present is not null && write.Condition.Tags.Contains(present.Tag.ToString()),
        };
        return holds ? null : new Outcome(OutcomeKind.ConditionFailed, present?.Tag);
    }

    private bool Holds(SqliteWriteSession session, Fence fence) =>
        ValueRow.Find(session, write.Id, fence.Key) is { IsLease: true } lease && !lease.IsOver(session.LeaseNow) && lease.Tag.ToString() == fence.Tag;

    private Outcome Renew(SqliteWriteSession session, ValueRow held)
    {
        var expires = session.LeaseNow + (long)write.Lease!.Value.TotalMilliseconds;
        session.Execute("UPDATE \"values\" SET expires = ?3 WHERE deployment = ?1 AND key = ?2", write.Id.ToString(), write.Key.Text, expires);
        return new Outcome(OutcomeKind.Done, held.Tag, held.Tag.Revision, clock.DateOf(expires));
    }

    private DeploymentRow Lapse(SqliteWriteSession session, DeploymentRow deployment)
    {
        SqliteEvents.Note(session, write.Id, deployment.Events + 1, deployment.Revision + 1, EventType.Expired, write.Key.Text, note: null);
        return deployment with { Revision = deployment.Revision + 1, Events = deployment.Events + 1 };
    }

    private void Count(SqliteWriteSession session, DeploymentRow deployment, EventType type, int keys, long bytes) =>
        Count(session, deployment, write.Key, type, keys, bytes);

    private static void Count(SqliteWriteSession session, DeploymentRow deployment, ValueKey key, EventType type, int keys, long bytes)
    {
        session.Execute(
            "UPDATE deployments SET revision = ?2, events = ?3, keys = ?4, bytes = ?5, updated = ?6 WHERE id = ?1",
            deployment.Id.ToString(), deployment.Revision + 1, deployment.Events + 1, deployment.Keys + keys, bytes, session.Now);
        SqliteEvents.Note(session, deployment.Id, deployment.Events + 1, deployment.Revision + 1, type, key.Text, note: null);
        session.Announce(deployment.Id, key.Text);
    }

    private Outcome? Replayed(SqliteWriteSession session) => session.First(
        "SELECT fingerprint, revision, mark, expires FROM replays WHERE deployment = ?1 AND hash = ?2 AND forgotten > ?3",
        row => fingerprints.Contains(row.GetString(0))
            ? new Outcome(
                OutcomeKind.Done, row.GetString(2) is { Length: > 0 } mark ? new EntityTag(row.Number(1), mark) : null, row.Number(1), clock.DateOf(row.Number(3)))
            : new Outcome(OutcomeKind.IdempotencyKeyReused),
        write.Id.ToString(), ReplayHash(), session.Now);

    private void Remember(SqliteWriteSession session, long revision, string mark, long expires)
    {
        if (fingerprints.Length > 0)
        {
            session.Execute(
                "INSERT OR REPLACE INTO replays (deployment, hash, fingerprint, revision, mark, expires, forgotten) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                write.Id.ToString(), ReplayHash(), fingerprints[0], revision, mark, expires, session.Now + ReplayLife);
        }
    }

    private string ReplayHash() => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(write.IdempotencyKey!)))[..32];
}

/// <summary>A value that is ready to be stored.</summary>
/// <param name="Content">Sealed, with <paramref name="Mark"/> bound to it.</param>
/// <param name="File">Where the content is already, if it is large.</param>
/// <param name="Renews">The lease that has the same value: storing it once more lengthens it.</param>
internal sealed record SealedValue(byte[] Content, long Size, string Mark, string? File, EntityTag? Renews);
