using System.Text;
using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Goterra.Core.Model;
using Goterra.Infrastructure.Encryption;
using Microsoft.Data.Sqlite;

namespace Goterra.Infrastructure.Sqlite;

/// <summary>Deployments in the embedded store; see schema.sql for the tables.</summary>
internal sealed class SqliteDeploymentRepository(SqliteStore store, SqliteRemoval removal, ValueCipher cipher, WriteFingerprint fingerprint, Limits limits) : IDeploymentRepository
{
    public Task<Deployment> CreateAsync(NewDeployment deployment, CancellationToken cancellationToken)
    {
        var id = deployment.Id;
        var name = deployment.Name is null ? null : cipher.Seal(new Place(id, "name"), Encoding.UTF8.GetBytes(deployment.Name));
        return store.WriteAsync(session =>
        {
            var expires = deployment.Lifetime is { } lifetime ? session.Now + (long)lifetime.TotalMilliseconds : 0;
            session.Execute(
                """
                INSERT INTO deployments (id, source, uid, namespace, name, created, updated, expires, ends_with_tokens, epoch, events)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, ?7, ?8, ?9, 1)
                """,
                id.ToString(), deployment.Owner.Source, deployment.Owner.Uid, deployment.Namespace?.Text, name, session.Now, expires, deployment.EndsWithItsTokens ? 1 : 0, deployment.Epoch);
            SqliteEvents.Note(session, id, 1, 0, EventType.Created, key: null, note: null);
            var created = DateTimeOffset.FromUnixTimeMilliseconds(session.Now);
            return new Deployment(
                id, deployment.Owner, deployment.Namespace, deployment.Name, created, created, expires == 0 ? null : DateTimeOffset.FromUnixTimeMilliseconds(expires), Revision: 0);
        });
    }

    public Task<DeploymentHead?> FindAsync(DeploymentId id, CancellationToken cancellationToken) => store.ReadAsync(session => Head(session, id));

    public Task<ValueReading> ReadAsync(DeploymentId id, ValueKey key, CancellationToken cancellationToken) => store.ReadAsync(
        session =>
        {
            var now = store.Clock.Now;
            return session.First(
                $"""
                SELECT {DeploymentRows.HeadColumns}, v.revision, v.mark, v.expires, v.file, v.content
                {DeploymentRows.From} LEFT JOIN "values" v ON v.deployment = d.id AND v.key = ?2 AND (v.expires = 0 OR v.expires > ?4)
                WHERE d.id = ?1 AND (d.expires = 0 OR d.expires > ?3)
                """,
                row => (Reading: new ValueReading(DeploymentRows.Head(row, cipher, id, now), Value(row, 6, id, key.Text)), File: row.Text(9)),
                id.ToString(), key.Text, now, store.Clock.LeaseNow) is { Reading: { } reading } found
                ? found
                : (new ValueReading(null, null), null);
        },
        (reading, content) => reading with { Value = Open(reading.Value!, id, key.Text, content) });

    public Task<DeploymentListing?> ListAsync(DeploymentId id, KeyPrefix prefix, CancellationToken cancellationToken) =>
        store.ReadAsync(session => session.Snapshot(() => List(session, id, prefix)));

    public Task<KeyCount> CountAsync(DeploymentId id, KeyPrefix prefix, CancellationToken cancellationToken) => store.ReadAsync(session => session.Snapshot(() =>
    {
        var (first, end) = KeyRange.Of(prefix);
        return Head(session, id) is not { } head
            ? new KeyCount(null, 0)
            : new KeyCount(head, session.First("SELECT count(*) FROM \"values\" WHERE deployment = ?1 AND key >= ?2 AND key < ?3", row => row.Number(0), id.ToString(), first, end));
    }));

    public async Task<IReadOnlyDictionary<string, StoredValue>?> LoadAsync(DeploymentId id, IReadOnlyList<KeyInfo> keys, CancellationToken cancellationToken)
    {
        var values = new Dictionary<string, StoredValue>(keys.Count);
        foreach (var key in keys)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (await LoadAsync(id, key.Key) is { } value)
                values.Add(key.Key, value);
        }

        // Asked last: had the deployment been deleted meanwhile, its values would be missing for that reason.
        return await FindAsync(id, cancellationToken) is null ? null : values;
    }

    public async Task<Outcome> PutAsync(ValueWrite write, ReadOnlyMemory<byte> value, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var mark = EntityTag.NewNonce();
        var place = new Place(write.Id, "value", write.Key.Text, mark);
        var command = Command(write, "put", value.Span);
        var renews = await SameLeaseAsync(write, value, cancellationToken);
        if (value.Length + ValueCipher.Overhead <= ValueFiles.Threshold)
        {
            var small = new SealedValue(cipher.Seal(place, value.Span), value.Length, mark, File: null, renews);
            var written = await store.WriteAsync(session => command.Put(session, small), bytes: value.Length);
            store.Files.RemoveReleased();
            return written;
        }

        var large = new SealedValue([], value.Length, mark, await WriteFileAsync(place, value), renews);
        var outcome = await InFileAsync(large.File!, () => store.WriteAsync(session => command.Put(session, large)));
        if (outcome.Tag?.Nonce != mark)
            store.Files.Release(large.File!);
        store.Files.RemoveReleased();
        return outcome;
    }

    public async Task<Outcome> RemoveAsync(ValueWrite write, CancellationToken cancellationToken)
    {
        var command = Command(write, "remove", []);
        var outcome = await store.WriteAsync(command.Remove, frees: true);
        store.Files.RemoveReleased();
        return outcome;
    }

    public Task<OutcomeKind> FailAsync(DeploymentId id, EpochProof epoch, string reason, CancellationToken cancellationToken) =>
        SetStateAsync(id, epoch, cipher.Seal(new Place(id, "reason"), Encoding.UTF8.GetBytes(reason)));

    public Task<OutcomeKind> ResumeAsync(DeploymentId id, EpochProof epoch, CancellationToken cancellationToken) => SetStateAsync(id, epoch, reason: null);

    public Task<EventReading> ReadEventsAsync(DeploymentId id, long? after, CancellationToken cancellationToken) => store.ReadAsync(session => session.Snapshot(() =>
    {
        if (Head(session, id) is not { } head || DeploymentRow.Find(session, id) is not { Events: var last })
            return new EventReading(null, after ?? 0, 0, [], Complete: true);
        if (after is not { } known)
            return new EventReading(head, last, last, [], Complete: true);

        // Kept no longer, or never written: a store that was restored from a backup counts on from before.
        var complete = known >= last - SqliteEvents.Ring && known <= last;
        return new EventReading(head, known, last, SqliteEvents.ReadFrom(session, cipher, id, complete ? known + 1 : 0), complete);
    }));

    public async Task<OutcomeKind> DeleteAsync(DeploymentId id, EpochProof epoch, CancellationToken cancellationToken)
    {
        var (status, finished) = await store.WriteAsync(
            session => DeploymentRow.Enter(session, id, epoch).Status is var status && status == OutcomeKind.Done
                ? (status, SqliteRemoval.End(session, id))
                : (status, true),
            frees: true);
        store.Files.RemoveReleased();
        if (!finished)
            await removal.TryFinishAsync(id);
        return status;
    }

    public Task<StoreHealth> CheckHealthAsync(CancellationToken cancellationToken) =>
        store.ReadAsync(session => session.First("SELECT 1", _ => new StoreHealth(store.Health.Problem))!);

    private DeploymentHead? Head(SqliteSession session, DeploymentId id)
    {
        var now = store.Clock.Now;
        return session.First(
            $"SELECT {DeploymentRows.HeadColumns} {DeploymentRows.From} WHERE d.id = ?1 AND (d.expires = 0 OR d.expires > ?2)",
            row => DeploymentRows.Head(row, cipher, id, now),
            id.ToString(), now);
    }

    private DeploymentListing? List(SqliteSession session, DeploymentId id, KeyPrefix prefix)
    {
        var now = store.Clock.Now;
        var found = session.First(
            $"SELECT {DeploymentRows.Columns} {DeploymentRows.From} WHERE d.id = ?1 AND (d.expires = 0 OR d.expires > ?2)",
            row => (Head: DeploymentRows.Head(row, cipher, id, now), Deployment: DeploymentRows.Deployment(row, cipher)),
            id.ToString(), now);
        if (found.Head is null)
            return null;

        var (first, end) = KeyRange.Of(prefix);
        var keys = session.All(
            """
            SELECT key, size, revision, mark, updated, expires FROM "values"
            WHERE deployment = ?1 AND key >= ?2 AND key < ?3 AND (expires = 0 OR expires > ?4) ORDER BY key
            """,
            row => new KeyInfo(row.GetString(0), row.Number(1), new EntityTag(row.Number(2), row.GetString(3)), row.Time(4)) { Expires = store.Clock.DateOf(row.Number(5)) },
            id.ToString(), first, end, store.Clock.LeaseNow);
        return new DeploymentListing(found.Head, found.Deployment, prefix, keys);
    }

    private Task<StoredValue?> LoadAsync(DeploymentId id, string key) => store.ReadAsync(
        session => session.First(
            "SELECT revision, mark, expires, file, content FROM \"values\" WHERE deployment = ?1 AND key = ?2 AND (expires = 0 OR expires > ?3)",
            row => (Value(row, 0, id, key), row.Text(3)),
            id.ToString(), key, store.Clock.LeaseNow),
        (value, content) => Open(value!, id, key, content));

    /// <summary>Reads revision, mark, end, file and content from this column on. What is in a file is still missing.</summary>
    private StoredValue? Value(SqliteDataReader row, int column, DeploymentId id, string key)
    {
        if (row.IsDBNull(column))
            return null;

        var value = new StoredValue(default, new EntityTag(row.Number(column), row.GetString(column + 1))) { Expires = store.Clock.DateOf(row.Number(column + 2)) };
        return row.Blob(column + 4) is { } content ? Open(value, id, key, content) : value;
    }

    private StoredValue Open(StoredValue value, DeploymentId id, string key, byte[] content) =>
        value with { Bytes = cipher.Open(new Place(id, "value", key, value.Tag.Nonce), content) };

    /// <summary>The lease that this write renews: the caller holds it, and the value stays the same.</summary>
    private async Task<EntityTag?> SameLeaseAsync(ValueWrite write, ReadOnlyMemory<byte> value, CancellationToken cancellationToken)
    {
        if (write.Lease is null || write.Condition.Kind != ConditionKind.Matches)
            return null;

        var held = (await ReadAsync(write.Id, write.Key, cancellationToken)).Value;
        return held is { Expires: not null } && write.Condition.Tags.Contains(held.Tag.ToString()) && held.Bytes.Span.SequenceEqual(value.Span) ? held.Tag : null;
    }

    private SqliteValueWrites Command(ValueWrite write, string verb, ReadOnlySpan<byte> value) =>
        new(write, write.IsReplayable ? fingerprint.Of(write, verb, value) : [], limits, store.Clock);

    private async Task<string> WriteFileAsync(Place place, ReadOnlyMemory<byte> value)
    {
        try
        {
            return await store.Files.WriteAsync(value.Length + ValueCipher.Overhead, output => cipher.Seal(place, value.Span, output.Span));
        }
        catch (Exception e) when (SqliteFaults.IsFault(e))
        {
            throw store.Health.Report(e);
        }
    }

    private async Task<Outcome> InFileAsync(string file, Func<Task<Outcome>> write)
    {
        try
        {
            return await write();
        }
        catch (StoreUnavailableException e) when (e is StoreFullException or { InnerException: null })
        {
            // It was certainly not written. After other faults of the disk, nobody knows whether the row will be there after a crash: the next start sweeps the
            // file if not.
            Release(file);
            throw;
        }
    }

    private void Release(string file)
    {
        store.Files.Release(file);
        store.Files.RemoveReleased();
    }

    private Task<OutcomeKind> SetStateAsync(DeploymentId id, EpochProof epoch, byte[]? reason) => store.WriteAsync(session =>
    {
        var (status, deployment) = DeploymentRow.Enter(session, id, epoch);
        var failing = reason is not null;
        if (status != OutcomeKind.Done || (!failing && !deployment.Failed))
            return status;

        // The reason outlives a resumption: a wait that had not looked in between still has to be told.
        if (failing == deployment.Failed)
            session.Execute("UPDATE deployments SET events = ?2 WHERE id = ?1", id.ToString(), deployment.Events + 1);
        else if (failing)
            session.Execute("UPDATE deployments SET events = ?2, failed = 1, failures = failures + 1, reason = ?3 WHERE id = ?1", id.ToString(), deployment.Events + 1, reason);
        else
            session.Execute("UPDATE deployments SET events = ?2, failed = 0 WHERE id = ?1", id.ToString(), deployment.Events + 1);
        SqliteEvents.Note(session, id, deployment.Events + 1, deployment.Revision, failing ? EventType.Failed : EventType.Resumed, key: null, reason);
        session.Announce(id, key: null);
        return OutcomeKind.Done;
    });
}
