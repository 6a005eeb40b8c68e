using System.Text;
using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Goterra.Core.Model;
using Goterra.Infrastructure.Encryption;

namespace Goterra.Infrastructure.Sqlite;

/// <summary>The rings of events; see schema.sql.</summary>
internal static class SqliteEvents
{
    public const int Ring = 1000;

    private const int SecurityRing = 200;
    private const int RoutineRing = 100;
    private const int FirstRoutineSlot = 1000;

    /// <summary>Appends an event. The row of the deployment already has its number.</summary>
    public static void Append(SqliteWriteSession session, DeploymentId id, StoredEvent happened) =>
        session.Execute(
        "INSERT OR REPLACE INTO events (deployment, slot, number, time, revision, type, key, note) " +
        "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        id.ToString(), happened.Number % Ring, happened.Number, session.Now, happened.Revision, (int)happened.Type,
        happened.Key, happened.Note);

    /// <summary>Appends a security event and numbers it in the row of the deployment.</summary>
    /// <param name="routine">A routine event, which never displaces the others.</param>
    public static void AppendSecurity(
        SqliteWriteSession session, DeploymentRow deployment, EventType type, byte[] note, bool routine)
    {
        var (number, security) = (deployment.Events + 1, deployment.SecurityEvents + (routine ? 0 : 1));
        session.Execute(
            "UPDATE deployments SET events = ?2, security_events = ?3 WHERE id = ?1", deployment.Id.ToString(), number,
            security);
        Append(session, deployment.Id, new StoredEvent(number, deployment.Revision, type, Key: null, note));
        session.Execute(
            "INSERT OR REPLACE INTO security_events (deployment, slot, number, time, revision, type, key, note) " +
            "VALUES (?1, ?2, ?3, ?4, ?5, ?6, NULL, ?7)",
            deployment.Id.ToString(), routine ? FirstRoutineSlot + (number % RoutineRing) : security % SecurityRing,
            number, session.Now, deployment.Revision, (int)type, note);
        session.PublishEvent(deployment.Id);
    }

    public static List<DeploymentEvent> ReadFrom(
        SqliteSession session, ValueCipher cipher, DeploymentId id, long first) => session.All(
        "SELECT number, type, time, revision, key, note FROM events WHERE deployment = ?1 AND number >= ?2 " +
        "ORDER BY number",
        row => Map(row, cipher, id),
        id.ToString(), first);

    /// <summary>Returns the latest first.</summary>
    public static List<DeploymentEvent> ReadSecurity(
        SqliteSession session, ValueCipher cipher, DeploymentId id) => session.All(
        "SELECT number, type, time, revision, key, note FROM security_events WHERE deployment = ?1 " +
        "ORDER BY number DESC",
        row => Map(row, cipher, id),
        id.ToString());

    public static byte[] Seal(ValueCipher cipher, DeploymentId id, SecurityNote note) =>
        cipher.Seal(new Place(id, "security"), Encoding.UTF8.GetBytes(note.ToText()));

    private static DeploymentEvent Map(SqliteRow row, ValueCipher cipher, DeploymentId id)
    {
        var type = (EventType)row.Number(1);
        var isSecurity = type.IsSecurity();
        if (row.Text(4) is { } key)
        {
            return new DeploymentEvent(row.Number(0), type, row.Time(2), row.Number(3), key, Reason: null)
            {
                Writer = row.Blob(5) is { } writer ? SealedWriter.Open(cipher, id, key, writer) : null,
            };
        }

        var note = row.Blob(5);
        var failure = !isSecurity && note is not null ? StoredFailure.Open(cipher, id, note) : null;
        return new DeploymentEvent(
            row.Number(0), type, row.Time(2), row.Number(3), Key: null,
            type == EventType.Failed ? failure?.Reason : null)
        {
            Source = failure?.Source,
            Note = isSecurity && note is not null
                ? SecurityNote.Parse(Encoding.UTF8.GetString(cipher.Open(new Place(id, "security"), note)))
                : null,
        };
    }
}

/// <param name="Revision">Of the deployment after the change.</param>
/// <param name="Key">Null if it is not an event of a key.</param>
/// <param name="Note">Sealed: the writer of a key, the failure, or the security note.</param>
internal sealed record StoredEvent(long Number, long Revision, EventType Type, string? Key, byte[]? Note);
