using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Goterra.Core.Model;
using Goterra.Infrastructure.Encryption;

namespace Goterra.Infrastructure.Sqlite;

/// <summary>Opens failures and takes them back, and prepares switches.</summary>
internal sealed class SqliteFailures(SqliteStore store, ValueCipher cipher, SourceHash sources)
{
    /// <summary>See <see cref="IDeploymentRepository.FailAsync"/>.</summary>
    public Task<OutcomeKind> FailAsync(DeploymentId id, EpochProof epoch, FailureReport report)
    {
        var stored = Store(id, report);
        return store.WriteAsync(session =>
        {
            if (DeploymentRow.Authorize(session, id, epoch, out var status) is not { } deployment)
                return status;
            if (!TryOpen(session, deployment, stored, lapsed: false))
                return OutcomeKind.OverLimit;

            Append(session, deployment, EventType.Failed, stored.Note);
            session.Publish(id, key: null);
            return OutcomeKind.Done;
        });
    }

    /// <summary>See <see cref="IDeploymentRepository.ResumeAsync"/>.</summary>
    public Task<OutcomeKind> ResumeAsync(DeploymentId id, EpochProof epoch, Resumption resumption)
    {
        var stored = new StoredResumption(
            resumption.Source is { } source ? sources.Of(id, source) : null,
            resumption.TokenFamily,
            resumption.Source is null
                ? null
                : StoredFailure.Seal(cipher, id, new FailureNote(resumption.Source.Text, "")));
        return store.WriteAsync(session => Resume(session, id, epoch, stored), mayUseReserve: true);
    }

    /// <summary>Lists the open failures, oldest first.</summary>
    public static List<DeploymentFailure> List(SqliteSession session, ValueCipher cipher, DeploymentId id) =>
        session.All(
            "SELECT note, time, lapsed FROM failures WHERE deployment = ?1 ORDER BY number",
            row =>
            {
                var note = StoredFailure.Open(cipher, id, row.Blob(0));
                return new DeploymentFailure(note.Source, note.Reason, row.Time(1), row.Number(2) == 1);
            },
            id.ToString());

    /// <summary>
    /// Opens a failure, unless its source has one. The event, with the next number of the deployment, is up to the
    /// caller.
    /// </summary>
    /// <returns>False if too many other sources have one.</returns>
    public static bool TryOpen(
        SqliteWriteSession session, DeploymentRow deployment, StoredReport report, bool lapsed)
    {
        var id = deployment.Id.ToString();
        if (Find(session, id, report.Sources) is not null)
            return true;
        if (session.First(
            "SELECT count(*) FROM failures WHERE deployment = ?1", row => row.Number(0), id)
            >= DeploymentFailure.MaxOpen)
            return false;

        session.Execute(
            "INSERT INTO failures (deployment, source, number, time, family, lapsed, note) " +
            "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            id, report.Sources[..SourceHash.Length], deployment.Events + 1, session.Now, report.TokenFamily,
            lapsed ? 1 : 0, report.Note);
        session.Execute(
            "UPDATE deployments SET failed = 1, failures = failures + 1, reason = ?2 WHERE id = ?1 AND failed = 0",
            id, report.Note);
        return true;
    }

    /// <summary>The switch of a write; null for none.</summary>
    public StoredSwitch? SwitchOf(ValueWrite write) => write is { OnLapse: { } report, Lease: { } lease }
        ? new StoredSwitch(
            (long)lease.TotalMilliseconds, write.Epoch.Namespace, write.Epoch.Tickets, Store(write.Id, report))
        : null;

    private StoredReport Store(DeploymentId id, FailureReport report) => new(
        sources.Of(id, report.Source), report.TokenFamily,
        StoredFailure.Seal(cipher, id, new FailureNote(report.Source?.Text, report.Reason)));

    private static OutcomeKind Resume(
        SqliteWriteSession session, DeploymentId id, EpochProof epoch, StoredResumption resumption)
    {
        if (DeploymentRow.Authorize(session, id, epoch, out var status) is not { } deployment)
            return status;

        if (resumption.Sources is not { } hashes)
        {
            if (!deployment.Failed)
                return OutcomeKind.Done;
            session.Execute("DELETE FROM failures WHERE deployment = ?1", id.ToString());
        }
        else
        {
            if (Find(session, id.ToString(), hashes) is not { } found)
                return OutcomeKind.Done;
            if (resumption.TokenFamily is { } family && family != found.Family)
                return OutcomeKind.NotReporter;
            session.Execute("DELETE FROM failures WHERE deployment = ?1 AND source = ?2", id.ToString(), found.Source);
        }

        // The reason is kept if no failure is left: a wait that missed the failed state still returns it.
        var first = session.First(
            "SELECT note FROM failures WHERE deployment = ?1 ORDER BY number LIMIT 1", row => row.Blob(0),
            id.ToString());
        session.Execute(
            "UPDATE deployments SET failed = ?2, reason = coalesce(?3, reason) WHERE id = ?1", id.ToString(),
            first is null ? 0 : 1, first);
        Append(session, deployment, EventType.Resumed, resumption.Note);
        session.Publish(id, key: null);
        return OutcomeKind.Done;
    }

    /// <summary>Appends the next event of the deployment.</summary>
    public static void Append(SqliteWriteSession session, DeploymentRow deployment, EventType type, byte[]? note)
    {
        session.Execute(
            "UPDATE deployments SET events = ?2 WHERE id = ?1", deployment.Id.ToString(), deployment.Events + 1);
        SqliteEvents.Append(
            session, deployment.Id,
            new StoredEvent(deployment.Events + 1, deployment.Revision, type, Key: null, note));
    }

    /// <returns>The open failure of a source: its hash, and the token family that reported it.</returns>
    private static (string Source, string? Family)? Find(SqliteWriteSession session, string id, string hashes)
    {
        for (var at = 0; at < hashes.Length; at += SourceHash.Length)
        {
            var source = hashes.Substring(at, SourceHash.Length);
            if (session.First(
                "SELECT family FROM failures WHERE deployment = ?1 AND source = ?2",
                row => ((string, string?)?)(source, row.Text(0)), id, source) is { } found)
                return found;
        }

        return null;
    }
}

/// <param name="Sources">See <see cref="SourceHash.Of"/>.</param>
/// <param name="Note">Sealed.</param>
internal sealed record StoredReport(string Sources, string? TokenFamily, byte[] Note);

/// <param name="Sources">See <see cref="SourceHash.Of"/>; null to take back every failure.</param>
/// <param name="TokenFamily">Must have reported the failure; null for any.</param>
/// <param name="Note">The source, sealed; null if there is none.</param>
internal sealed record StoredResumption(string? Sources, string? TokenFamily, byte[]? Note);
