using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Goterra.Core.Model;
using Goterra.Infrastructure.Encryption;

namespace Goterra.Infrastructure.Sqlite;

/// <summary>Deployments in the embedded store; see schema.sql for the tables.</summary>
internal sealed class SqliteDeploymentRepository(
    SqliteStore store, SqliteCreation creation, SqliteValueWriter writer, SqliteRemoval removal,
    SqliteFailures failures, ValueCipher cipher)
    : IDeploymentRepository
{
    // 0xFF is greater than every byte of UTF-8.
    private const string HasPrefix = "key >= ?3 AND key < ?3 || CAST(x'FF' AS TEXT)";

    public Task<Deployment> CreateAsync(NewDeployment deployment, CancellationToken cancellationToken) =>
        creation.CreateAsync(deployment);

    public Task<CreationResult> CreateOnceAsync(
        NewDeployment deployment, CreationKey key, CancellationToken cancellationToken) =>
        creation.CreateOnceAsync(deployment, key);

    public Task<DeploymentHead?> FindAsync(DeploymentId id, CancellationToken cancellationToken) =>
        store.ReadAsync(
            session => First(
                session, id, $"SELECT {DeploymentRow.HeadColumns} {DeploymentRow.From} WHERE {DeploymentRow.IsAlive}",
                (_, head) => head));

    public Task<ValueReading> ReadAsync(DeploymentId id, ValueKey key, CancellationToken cancellationToken) =>
        ReadAsync(id, key.Text);

    public Task<DeploymentListing?> ListAsync(
        DeploymentId id, KeyPrefix prefix, CancellationToken cancellationToken) =>
        store.ReadAsync(session => session.Snapshot(() =>
    {
        var (head, deployment) = First(
            session, id, $"SELECT {DeploymentRow.Columns} {DeploymentRow.From} WHERE {DeploymentRow.IsAlive}",
            (row, head) => (head, DeploymentRow.Summary(row, cipher).Deployment));
        if (head is { Failed: true })
            deployment = deployment with { Failures = SqliteFailures.List(session, cipher, id) };
        return head is null ? null : new DeploymentListing(head, deployment, prefix, session.All(
            $"""
            SELECT key, size, revision, mark, updated, expires, writer, expires > 0 AND EXISTS (
                SELECT 1 FROM switches s WHERE s.deployment = v.deployment AND s.key = v.key)
            FROM "values" v
            WHERE deployment = ?1 AND {HasPrefix} AND (expires = 0 OR expires > ?2) ORDER BY key
            """,
            row => Info(row, id),
            id.ToString(), store.Clock.LeaseNow, prefix.Text));
    }));

    public Task<KeyCount> CountAsync(
        DeploymentId id, KeyPrefix prefix, CancellationToken cancellationToken) => store.ReadAsync(session => First(
        session,
        id,
        $"""
        SELECT {DeploymentRow.HeadColumns}, (SELECT count(*) FROM "values" WHERE deployment = d.id AND {HasPrefix})
        {DeploymentRow.From} WHERE {DeploymentRow.IsAlive}
        """,
        (row, head) => new KeyCount(head, row.Number(6)),
        prefix.Text) ?? new KeyCount(null, 0));

    public async Task<IReadOnlyDictionary<string, StoredValue>?> LoadAsync(
        DeploymentId id, IReadOnlyList<KeyInfo> keys, CancellationToken cancellationToken)
    {
        var values = new Dictionary<string, StoredValue>(keys.Count);
        foreach (var key in keys)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if ((await ReadAsync(id, key.Key)).Value is { } value)
                values.Add(key.Key, value);
        }

        // Checked last: the values of a deployment that is deleted meanwhile would be missing.
        return await FindAsync(id, cancellationToken) is null ? null : values;
    }

    public Task<Outcome> PutAsync(
        ValueWrite write, ReadOnlyMemory<byte> value, CancellationToken cancellationToken) =>
        writer.PutAsync(write, value, cancellationToken);

    public Task<Outcome> RemoveAsync(ValueWrite write, CancellationToken cancellationToken) =>
        writer.RemoveAsync(write);

    public Task<OutcomeKind> FailAsync(
        DeploymentId id, EpochProof epoch, FailureReport report, CancellationToken cancellationToken) =>
        failures.FailAsync(id, epoch, report);

    public Task<OutcomeKind> ResumeAsync(
        DeploymentId id, EpochProof epoch, Resumption resumption, CancellationToken cancellationToken) =>
        failures.ResumeAsync(id, epoch, resumption);

    public Task<EventReading> ReadEventsAsync(
        DeploymentId id, long? after, CancellationToken cancellationToken) =>
        store.ReadAsync(session => session.Snapshot(() =>
    {
        var (head, last) = First(
            session,
            id,
            $"SELECT {DeploymentRow.HeadColumns}, d.events {DeploymentRow.From} WHERE {DeploymentRow.IsAlive}",
            (row, head) => (head, row.Number(6)));
        if (head is null || after is not { } known)
            return new EventReading(head, after ?? last, last, [], Complete: true);

        // No longer kept, or never written: after a restore, numbers continue from the backup.
        var complete = known >= last - SqliteEvents.Ring && known <= last;
        return new EventReading(
            head, known, last, SqliteEvents.ReadFrom(session, cipher, id, complete ? known + 1 : 0), complete);
    }));

    public async Task<OutcomeKind> DeleteAsync(DeploymentId id, EpochProof epoch, CancellationToken cancellationToken)
    {
        var (status, finished) = await store.WriteAsync(
            session => DeploymentRow.Authorize(session, id, epoch, out var status) is null
                ? (status, true)
                : (status, SqliteRemoval.MarkDeleted(session, id)),
            mayUseReserve: true);
        store.Files.RemoveReleased();
        if (!finished)
            await removal.TryFinishAsync(id);
        return status;
    }

    public Task<StoreHealth> CheckHealthAsync(CancellationToken cancellationToken) =>
        store.Health.Removal is { } removal
            ? Task.FromException<StoreHealth>(new StoreUnavailableException(removal))
            : store.ReadAsync(session =>
            {
                session.First("SELECT 1", _ => true);
                return new StoreHealth(store.Health.Problem);
            });

    /// <param name="sql">Selects the columns of a head first.</param>
    /// <param name="more">From ?3 on.</param>
    private T? First<T>(
        SqliteSession session, DeploymentId id, string sql, Func<SqliteRow, DeploymentHead, T> map,
        params ReadOnlySpan<object?> more)
    {
        var now = store.Clock.Now;
        return session.First(
            sql, row => map(row, DeploymentRow.Head(row, cipher, id, now)), [id.ToString(), now, .. more]);
    }

    private KeyInfo Info(SqliteRow row, DeploymentId id)
    {
        var (key, writer) = (row.GetString(0), row.Blob(6));
        return new KeyInfo(
            key, row.Number(1), new EntityTag(row.Number(2), row.GetString(3)), row.Time(4),
            writer is null ? null : () => SealedWriter.Open(cipher, id, key, writer))
        {
            Expires = store.Clock.DateOf(row.Number(5)),
            FailsOnLapse = row.Number(7) == 1,
        };
    }

    private Task<ValueReading> ReadAsync(DeploymentId id, string key) => store.ReadAsync(
        session => First(
            session,
            id,
            $"""
            SELECT {DeploymentRow.HeadColumns}, v.revision, v.mark, v.expires, v.file, v.content
            {DeploymentRow.From} LEFT JOIN "values" v
                ON v.deployment = d.id AND v.key = ?3 AND (v.expires = 0 OR v.expires > ?4)
            WHERE {DeploymentRow.IsAlive}
            """,
            (row, head) => (Found: new ValueReading(head, Value(row, id, key)), File: row.Text(9)),
            key, store.Clock.LeaseNow) is { Found: not null } living ? living : (new ValueReading(null, null), null),
        (reading, content) => reading with { Value = Open(reading.Value, id, key, content) });

    /// <summary>Without its bytes if they are in a file.</summary>
    private StoredValue? Value(SqliteRow row, DeploymentId id, string key)
    {
        if (row.IsNull(6))
            return null;

        var value = new StoredValue(
            default, new EntityTag(row.Number(6), row.GetString(7)))
        { Expires = store.Clock.DateOf(row.Number(8)) };
        return row.Blob(10) is { } content ? Open(value, id, key, content) : value;
    }

    private StoredValue? Open(StoredValue? value, DeploymentId id, string key, byte[] content) =>
        value is null
            ? null
            : value with { Bytes = cipher.OpenValue(id, key, value.Tag.Nonce, content) };
}
