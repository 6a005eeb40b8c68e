using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using Goterra.Core.Deployments;
using Goterra.Core.Model;
using Goterra.Infrastructure.Encryption;

namespace Goterra.Infrastructure.Sqlite;

/// <summary>A change of one key, run by the writer; see <see cref="IDeploymentRepository.PutAsync"/>.</summary>
/// <param name="fingerprints">Of the write, if it is replayable; otherwise empty.</param>
internal sealed class SqliteValueWrites(
    ValueWrite write, string[] fingerprints, Limits limits, SqliteStore store, ValueCipher cipher)
{
    private readonly byte[]? _writer = SealedWriter.Seal(cipher, write);

    private static readonly long ReplayLife = (long)TimeSpan.FromHours(24).TotalMilliseconds;

    public Outcome Put(SqliteWriteSession session, NewValue value)
    {
        if (!TryAuthorize(session, out var deployment, out var refusal))
            return refusal;

        var held = ValueRow.Find(session, write.Id, write.Key);
        var lapsed = held is not null && held.IsExpired(session.LeaseNow);
        var fires = lapsed ? SqliteSwitches.Find(session, write.Id, write.Key) : null;

        // Until its switch fires, the holder can write a lapsed lease with its tag.
        var isLost = held is not null && lapsed
            && (fires is null || !write.Condition.Nonces.Contains(held.Tag.Nonce));
        var present = isLost ? null : held;
        var expires = write.Lease is { } lease ? session.LeaseNow + (long)lease.TotalMilliseconds : 0;
        if (expires > 0)
            session.KeepLeaseClock();
        if (present is not null && expires > 0 && IsRenewal(session, present, value))
            return Renew(session, present, expires, value.Switch);
        if (CheckCondition(present, session.LeaseNow) is { } failed)
            return failed;
        if (held is null && deployment.Keys >= limits.Keys)
            return new Outcome(OutcomeKind.TooManyKeys);
        var bytes = deployment.Bytes - (held?.Size ?? 0) + value.Plain.Length;
        if (bytes > limits.DeploymentBytes)
            return new Outcome(OutcomeKind.TooManyBytes);

        // Replacing an expired lease that is not swept yet expires it first, as a change of its own.
        if (held is not null && present is null)
            deployment = RecordExpiry(session, deployment, fires);
        if (value.Switch is not null || held is { IsLease: true })
            SqliteSwitches.Set(session, write.Id, write.Key, value.Switch);
        var tag = new EntityTag(deployment.Revision + 1, value.Mark);
        session.Execute(
            "INSERT OR REPLACE INTO \"values\" (deployment, key, revision, mark, size, updated, expires, writer, " +
            "file, content) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            write.Id.ToString(), write.Key.Text, tag.Revision, tag.Nonce, value.Plain.Length, session.Now, expires,
            _writer, value.File, value.Content);

        // After a failed commit the command runs again, and may find its own row.
        if (held?.File != value.File)
            session.Release(held?.File);
        Record(session, deployment, write.Key, EventType.Put, keys: held is null ? 1 : 0, bytes, _writer);
        return Done(session, tag, tag.Revision, expires);
    }

    public Outcome Remove(SqliteWriteSession session)
    {
        if (!TryAuthorize(session, out var deployment, out var refusal))
            return refusal;

        // Until its switch fires, the holder can give a lapsed lease back with its tag.
        var present = ValueRow.Find(session, write.Id, write.Key);
        if (present is not null && present.IsExpired(session.LeaseNow)
            && (!write.Condition.Nonces.Contains(present.Tag.Nonce)
                || SqliteSwitches.Find(session, write.Id, write.Key) is null))
            present = null;
        if (CheckCondition(present, session.LeaseNow) is { } failed)
            return failed;
        if (present is null)
            return new Outcome(OutcomeKind.Absent);

        Remove(session, deployment, write.Key, present, EventType.Deleted, _writer);
        return Done(session, tag: null, deployment.Revision + 1, expires: 0);
    }

    /// <summary>Finds the result of an earlier write with the same idempotency key, without writing.</summary>
    /// <returns>Null if there is none.</returns>
    public Outcome? FindAnswer(SqliteSession session) => session.Snapshot(() =>
        DeploymentRow.Find(session, write.Id) is { } deployment && deployment.Lives(store.Clock.Now)
            && deployment.Admits(write.Epoch) && !(write.Epoch.Expires?.ToUnixTimeMilliseconds() <= store.Clock.Now)
                ? FirstAnswer(session, store.Clock.Now)
                : null);

    /// <summary>Removes a lease if it has expired, and reports the failure of its switch.</summary>
    /// <param name="session">The writer's session.</param>
    /// <param name="id">The deployment.</param>
    /// <param name="key">The key of the lease.</param>
    /// <param name="renewable">How long leases could be renewed until now; see <see cref="RenewalWatch"/>.</param>
    public static void Sweep(SqliteWriteSession session, DeploymentId id, ValueKey key, long renewable)
    {
        if (ValueRow.Find(session, id, key) is not { } held || !held.IsExpired(session.LeaseNow)
            || DeploymentRow.Find(session, id) is not { } deployment)
            return;

        var fires = SqliteSwitches.Find(session, id, key);
        if (fires?.Life > renewable)
            return;
        Remove(session, deployment, key, held, EventType.Expired, writer: null);
        if (fires is not null)
            SqliteSwitches.Fire(
                session, deployment with { Events = deployment.Events + 1, Revision = deployment.Revision + 1 }, fires);
    }

    private bool TryAuthorize(
        SqliteWriteSession session,
        [NotNullWhen(true)] out DeploymentRow? deployment,
        [NotNullWhen(false)] out Outcome? refusal)
    {
        deployment = DeploymentRow.Authorize(session, write.Id, write.Epoch, out var status);
        if (deployment is null)
        {
            refusal = new Outcome(status);
            return false;
        }

        refusal = FirstAnswer(session, session.Now) ?? (
            write.Fence is { } fence && !HoldsFence(session, fence) ? new Outcome(OutcomeKind.FenceLost) : null);
        return refusal is null;
    }

    private Outcome? CheckCondition(ValueRow? present, long leaseNow)
    {
        if (present is { IsLease: true } && !present.IsExpired(leaseNow) && write.Condition.Kind == ConditionKind.None)
            return new Outcome(OutcomeKind.Leased, Expires: store.Clock.DateOf(present.Expires));

        var holds = write.Condition.Kind switch
        {
            ConditionKind.None => true,
            ConditionKind.Absent => present is null,
            ConditionKind.Exists => present is not null,
            _ => present is not null && write.Condition.Nonces.Contains(present.Tag.Nonce),
        };
        return holds ? null : new Outcome(OutcomeKind.ConditionFailed, present?.Tag);
    }

    private bool HoldsFence(SqliteWriteSession session, Fence fence) =>
        ValueRow.Find(session, write.Id, fence.Key) is { IsLease: true } lease && !lease.IsExpired(session.LeaseNow)
            && lease.Tag.Nonce == fence.Nonce;

    /// <summary>Whether the caller holds the lease and the value is unchanged.</summary>
    private bool IsRenewal(SqliteWriteSession session, ValueRow held, NewValue value)
    {
        if (!held.IsLease || held.Size != value.Plain.Length || !write.Condition.Nonces.Contains(held.Tag.Nonce))
            return false;

        var content = held.File is { } file
            ? store.Files.TryRead(file)
            : session.First(
                "SELECT content FROM \"values\" WHERE deployment = ?1 AND key = ?2", row => row.Blob(0),
                write.Id.ToString(), write.Key.Text);
        return content is not null
            && cipher.Open(
                new Place(write.Id, "value", write.Key.Text, held.Tag.Nonce),
                content).AsSpan().SequenceEqual(value.Plain.Span);
    }

    private Outcome Renew(SqliteWriteSession session, ValueRow held, long expires, StoredSwitch? armed)
    {
        session.Execute(
            "UPDATE \"values\" SET expires = ?3 WHERE deployment = ?1 AND key = ?2", write.Id.ToString(),
            write.Key.Text, expires);
        armed ??= SqliteSwitches.Find(session, write.Id, write.Key) is { } kept
            ? kept with { Life = expires - session.LeaseNow }
            : null;
        if (armed is not null)
            SqliteSwitches.Set(session, write.Id, write.Key, armed);
        if (held.IsExpired(session.LeaseNow))
            session.Publish(write.Id, write.Key.Text);
        return Done(session, held.Tag, held.Tag.Revision, expires);
    }

    private DeploymentRow RecordExpiry(SqliteWriteSession session, DeploymentRow deployment, StoredSwitch? fires)
    {
        SqliteEvents.Append(
            session, write.Id, deployment.Events + 1, deployment.Revision + 1, EventType.Expired, write.Key.Text,
            note: null);
        deployment = deployment with { Revision = deployment.Revision + 1, Events = deployment.Events + 1 };
        return fires?.Life <= store.Renewals.Renewable ? SqliteSwitches.Fire(session, deployment, fires) : deployment;
    }

    private static void Remove(
        SqliteWriteSession session, DeploymentRow deployment, ValueKey key, ValueRow held, EventType type,
        byte[]? writer)
    {
        session.Execute(
            "DELETE FROM \"values\" WHERE deployment = ?1 AND key = ?2", deployment.Id.ToString(), key.Text);
        if (held.IsLease)
            SqliteSwitches.Set(session, deployment.Id, key, armed: null);
        session.Release(held.File);
        Record(session, deployment, key, type, keys: -1, deployment.Bytes - held.Size, writer);
    }

    private static void Record(
        SqliteWriteSession session, DeploymentRow deployment, ValueKey key, EventType type, int keys, long bytes,
        byte[]? writer)
    {
        session.Execute(
            "UPDATE deployments SET revision = ?2, events = ?3, keys = ?4, bytes = ?5, updated = ?6 WHERE id = ?1",
            deployment.Id.ToString(), deployment.Revision + 1, deployment.Events + 1,
            deployment.Keys + keys, bytes, session.Now);
        SqliteEvents.Append(
            session, deployment.Id, deployment.Events + 1, deployment.Revision + 1, type, key.Text, writer);
        session.Publish(deployment.Id, key.Text);
    }

    /// <summary>The result of an earlier write with the same idempotency key.</summary>
    private Outcome? FirstAnswer(SqliteSession session, long now)
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
                    store.Clock.DateOf(row.Number(3)))
                : new Outcome(OutcomeKind.IdempotencyKeyReused),
            write.Id.ToString(), HashOf(key), now);
    }

    /// <summary>The result of a successful write; stored if the write is replayable.</summary>
    private Outcome Done(SqliteWriteSession session, EntityTag? tag, long revision, long expires)
    {
        if (write is { IsReplayable: true, IdempotencyKey: { } key })
        {
            session.Execute(
                "INSERT OR REPLACE INTO replays (deployment, hash, fingerprint, revision, mark, expires, forgotten) " +
                "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                write.Id.ToString(), HashOf(key), fingerprints[0], revision, tag?.Nonce ?? "", expires,
                session.Now + ReplayLife);
        }

        return new Outcome(OutcomeKind.Done, tag, revision, store.Clock.DateOf(expires));
    }

    private static string HashOf(string idempotencyKey) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(idempotencyKey)).AsSpan(0, 16));
}

/// <param name="Content">The sealed value; null if it is in <paramref name="File"/>.</param>
/// <param name="Mark">Of its entity tag; bound to the sealed value.</param>
internal sealed record NewValue(ReadOnlyMemory<byte> Plain, string Mark, byte[]? Content, string? File)
{
    /// <summary>To arm with the lease; null for none.</summary>
    public StoredSwitch? Switch { get; init; }

    /// <summary>Keeps the value out of anything that prints records.</summary>
    public override string ToString() => "NewValue";
}
