using System.Diagnostics.CodeAnalysis;
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
    private readonly SqliteReplays _replays = new(write, fingerprints, store.Clock);

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
        var growth = value.Plain.Length - (held?.Size ?? 0);
        if (deployment.Bytes + growth > limits.DeploymentBytes)
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
        Record(
            session, deployment, new KeyChange(write.Key, EventType.Put, held is null ? 1 : 0, growth, _writer));
        return _replays.Record(session, tag, tag.Revision, expires);
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

        Remove(
            session, deployment, present,
            new KeyChange(write.Key, EventType.Deleted, Keys: -1, -present.Size, _writer));
        return _replays.Record(session, tag: null, deployment.Revision + 1, expires: 0);
    }

    /// <summary>Finds the result of an earlier write with the same idempotency key, without writing.</summary>
    /// <returns>Null if there is none.</returns>
    public Outcome? FindAnswer(SqliteSession session) => session.Snapshot(() =>
        DeploymentRow.Find(session, write.Id) is { } deployment && deployment.Lives(store.Clock.Now)
            && deployment.Admits(write.Epoch) && !(write.Epoch.Expires?.ToUnixTimeMilliseconds() <= store.Clock.Now)
                ? _replays.Find(session, store.Clock.Now)
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
        Remove(session, deployment, held, new KeyChange(key, EventType.Expired, Keys: -1, -held.Size, Writer: null));
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

        refusal = _replays.Find(session, session.Now) ?? (
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
        return _replays.Record(session, held.Tag, held.Tag.Revision, expires);
    }

    private DeploymentRow RecordExpiry(SqliteWriteSession session, DeploymentRow deployment, StoredSwitch? fires)
    {
        deployment = deployment with { Revision = deployment.Revision + 1, Events = deployment.Events + 1 };
        SqliteEvents.Append(
            session, write.Id,
            new StoredEvent(deployment.Events, deployment.Revision, EventType.Expired, write.Key.Text, Note: null));
        return fires?.Life <= store.Renewals.Renewable ? SqliteSwitches.Fire(session, deployment, fires) : deployment;
    }

    private static void Remove(
        SqliteWriteSession session, DeploymentRow deployment, ValueRow held, KeyChange change)
    {
        session.Execute(
            "DELETE FROM \"values\" WHERE deployment = ?1 AND key = ?2", deployment.Id.ToString(), change.Key.Text);
        if (held.IsLease)
            SqliteSwitches.Set(session, deployment.Id, change.Key, armed: null);
        session.Release(held.File);
        Record(session, deployment, change);
    }

    private static void Record(SqliteWriteSession session, DeploymentRow deployment, KeyChange change)
    {
        var (number, revision) = (deployment.Events + 1, deployment.Revision + 1);
        session.Execute(
            "UPDATE deployments SET revision = ?2, events = ?3, keys = ?4, bytes = ?5, updated = ?6 WHERE id = ?1",
            deployment.Id.ToString(), revision, number, deployment.Keys + change.Keys, deployment.Bytes + change.Bytes,
            session.Now);
        SqliteEvents.Append(
            session, deployment.Id, new StoredEvent(number, revision, change.Type, change.Key.Text, change.Writer));
        session.Publish(deployment.Id, change.Key.Text);
    }
}

/// <param name="Keys">By how much the number of keys changes.</param>
/// <param name="Bytes">By how much the size of the deployment changes.</param>
/// <param name="Writer">Sealed; null if unknown.</param>
internal sealed record KeyChange(ValueKey Key, EventType Type, int Keys, long Bytes, byte[]? Writer);

/// <param name="Content">The sealed value; null if it is in <paramref name="File"/>.</param>
/// <param name="Mark">Of its entity tag; bound to the sealed value.</param>
internal sealed record NewValue(ReadOnlyMemory<byte> Plain, string Mark, byte[]? Content, string? File)
{
    /// <summary>To arm with the lease; null for none.</summary>
    public StoredSwitch? Switch { get; init; }

    /// <summary>Keeps the value out of anything that prints records.</summary>
    public override string ToString() => "NewValue";
}
