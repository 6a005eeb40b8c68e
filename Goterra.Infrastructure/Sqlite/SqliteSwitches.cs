using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Goterra.Core.Model;

namespace Goterra.Infrastructure.Sqlite;

/// <summary>The dead man's switches of leases; see <see cref="ValueWrite.OnLapse"/>.</summary>
internal static class SqliteSwitches
{
    public static StoredSwitch? Find(SqliteSession session, DeploymentId id, ValueKey key) => session.First(
        "SELECT life, namespace_epoch, tickets, sources, family, note FROM switches WHERE deployment = ?1 AND key = ?2",
        row => new StoredSwitch(
            row.Number(0), row.Text(1), row.Text(2), new StoredReport(row.GetString(3), row.Text(4), row.Blob(5)!)),
        id.ToString(), key.Text);

    /// <param name="armed">Null to disarm it.</param>
    public static void Set(SqliteWriteSession session, DeploymentId id, ValueKey key, StoredSwitch? armed)
    {
        if (armed is null)
        {
            session.Execute("DELETE FROM switches WHERE deployment = ?1 AND key = ?2", id.ToString(), key.Text);
            return;
        }

        session.Execute(
            "INSERT OR REPLACE INTO switches (deployment, key, life, namespace_epoch, tickets, sources, family, note) "
            + "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            id.ToString(), key.Text, armed.Life, armed.NamespaceEpoch, armed.Tickets, armed.Report.Sources,
            armed.Report.TokenFamily, armed.Report.Note);
    }

    public static void DisarmAll(SqliteWriteSession session, DeploymentId id) =>
        session.Execute("DELETE FROM switches WHERE deployment = ?1", id.ToString());

    /// <summary>Disarms those whose tokens derive from a ticket.</summary>
    public static void DisarmAll(SqliteWriteSession session, DeploymentId id, string ticket) => session.Execute(
        "DELETE FROM switches WHERE deployment = ?1 AND instr('.' || coalesce(tickets, '') || '.', '.' || ?2 || '.') "
        + "> 0",
        id.ToString(), ticket);

    /// <summary>Reports the failure of a switch whose lease has lapsed.</summary>
    /// <returns>The deployment with the number of that event.</returns>
    public static DeploymentRow Fire(SqliteWriteSession session, DeploymentRow deployment, StoredSwitch fired)
    {
        if (!deployment.Lives(session.Now)
            || (fired.NamespaceEpoch is not null && fired.NamespaceEpoch != deployment.NamespaceEpoch))
            return deployment;

        SqliteFailures.TryOpen(session, deployment, fired.Report, lapsed: true);
        SqliteFailures.Append(session, deployment, EventType.Failed, fired.Report.Note);
        session.Publish(deployment.Id, key: null);
        return deployment with { Events = deployment.Events + 1 };
    }
}

/// <param name="Life">Of the lease, in milliseconds.</param>
/// <param name="NamespaceEpoch">Must be current for the switch to fire; null for any.</param>
/// <param name="Tickets">See <see cref="EpochProof.Tickets"/>.</param>
internal sealed record StoredSwitch(long Life, string? NamespaceEpoch, string? Tickets, StoredReport Report);
