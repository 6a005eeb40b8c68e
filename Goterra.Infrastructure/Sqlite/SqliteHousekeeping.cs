using Goterra.Core.Model;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Goterra.Infrastructure.Sqlite;

/// <summary>
/// Every 500 ms: removes expired leases and deployments and the data of deleted ones, returns free pages to the disk in
/// small steps, and probes whether a disk that refused writes accepts them again. Failed steps are retried in the next
/// round.
/// </summary>
internal sealed partial class SqliteHousekeeping(
    SqliteStore store, SqliteRemoval removal, TimeProvider time, ILogger<SqliteHousekeeping> logger) : BackgroundService
{
    private const int MaxPerRound = 500;
    private const int PagesPerStep = 64;
    private const int StepsPerRound = 16;
    private const int FewFreePages = 256;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    /// <summary>Removes expired leases and deployments, and the remaining data of deleted ones.</summary>
    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        store.Renewals.RecordSweep(isRefusing: store.Health.Problem is not null);
        var renewable = store.Renewals.Renewable;
        var (leases, deployments, unfinished) = await store.ReadAsync(session => (
            session.All(
                """
                SELECT deployment, key FROM "values" v WHERE expires > 0 AND expires <= ?1 AND NOT EXISTS (
                    SELECT 1 FROM switches s WHERE s.deployment = v.deployment AND s.key = v.key AND s.life > ?2)
                LIMIT ?3
                """,
                row => (Id: DeploymentId.Parse(row.GetString(0)), Key: ValueKey.Parse(row.GetString(1))),
                store.Clock.LeaseNow, renewable, MaxPerRound),
            session.All(
                "SELECT id FROM deployments WHERE expires > 0 AND expires <= ?1 LIMIT ?2",
                row => DeploymentId.Parse(row.GetString(0)), store.Clock.Now, MaxPerRound),
            session.All(
                "SELECT id FROM tombstones WHERE removed = 0 LIMIT ?1",
                row => DeploymentId.Parse(row.GetString(0)),
                MaxPerRound)));

        // All are queued before the first is awaited, so that they share one transaction. In the order of keys: the
        // order in which failures are reported does not depend on the store.
        var sweeps = leases.OrderBy(lease => $"{lease.Id} {lease.Key}", StringComparer.Ordinal).Select(
            lease => store.WriteAsync(
                session => SweepLease(session, lease.Id, lease.Key, renewable), mayUseReserve: true))
            .Concat(deployments.Select(id => store.WriteAsync(session => EndIfOver(session, id), mayUseReserve: true)))
            .ToList();
        foreach (var sweep in sweeps)
            await TryAsync(sweep);
        foreach (var id in unfinished)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await removal.TryFinishAsync(id);
        }

        store.Files.RemoveReleased();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            store.CheckFolder();
            Func<Task>[] steps =
                [() => SweepAsync(stoppingToken), ForgetAsync, SaveLeaseClockAsync, ShrinkAsync, ProbeAsync];
            foreach (var step in steps)
            {
                stoppingToken.ThrowIfCancellationRequested();
                await TryAsync(step());
            }
        }
    }

    /// <summary>A failed step does not prevent the others. Faults of the disk are already logged.</summary>
    private async Task TryAsync(Task step)
    {
        try
        {
            await step;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            if (!SqliteFaults.IsFault(e))
                Log.Failed(logger, e);
        }
    }

    private static bool SweepLease(SqliteWriteSession session, DeploymentId id, ValueKey key, long renewable)
    {
        SqliteValueWrites.Sweep(session, id, key, renewable);
        return true;
    }

    private static bool EndIfOver(SqliteWriteSession session, DeploymentId id) =>
        DeploymentRow.Find(session, id) is { } deployment && !deployment.Lives(session.Now)
            && SqliteRemoval.MarkDeleted(session, id);

    private async Task ForgetAsync()
    {
        var now = store.Clock.Now;
        var any = await store.ReadAsync(session =>
            session.First("SELECT 1 FROM replays WHERE forgotten <= ?1 LIMIT 1", _ => true, now)
            || session.First("SELECT 1 FROM creations WHERE forgotten <= ?1 LIMIT 1", _ => true, now)
            || session.First("SELECT 1 FROM tombstones WHERE forgotten <= ?1 AND removed = 1 LIMIT 1", _ => true, now));
        if (!any)
            return;

        await store.WriteAsync(
            session =>
                session.Execute(
                    "DELETE FROM replays WHERE (deployment, hash) " +
                    "IN (SELECT deployment, hash FROM replays WHERE forgotten <= ?1 LIMIT ?2)",
                    now,
                    MaxPerRound)
                + session.Execute(
                    "DELETE FROM creations WHERE hash " +
                    "IN (SELECT hash FROM creations WHERE forgotten <= ?1 LIMIT ?2)",
                    now,
                    MaxPerRound)
                + session.Execute(
                    "DELETE FROM tombstones WHERE id " +
                    "IN (SELECT id FROM tombstones WHERE forgotten <= ?1 AND removed = 1 LIMIT ?2)",
                    now,
                    MaxPerRound),
            mayUseReserve: true);
    }

    /// <summary>Saves the lease clock while there are leases: the next start resumes from it.</summary>
    public async Task SaveLeaseClockAsync()
    {
        if (store.Clock.Unsaved() is null
            || (!store.Clock.HasJumped && !await store.ReadAsync(
                session => session.First("SELECT 1 FROM \"values\" WHERE expires > 0 LIMIT 1", _ => true))))
            return;

        await store.WriteAsync(
            session =>
            {
                session.KeepLeaseClock();
                return true;
            },
            mayUseReserve: true);
    }

    private async Task ShrinkAsync()
    {
        var step = 0;
        while (step < StepsPerRound && await IsMuchFreeAsync())
        {
            await store.WriteAsync(
                session => session.All($"PRAGMA incremental_vacuum({PagesPerStep})", _ => 0).Count,
                mayUseReserve: true);
            step++;
        }

        // The file shrinks with the next checkpoint.
        if (step > 0)
            store.RequestCheckpoint();
    }

    private Task<bool> IsMuchFreeAsync() => store.ReadAsync(session =>
        session.First("PRAGMA freelist_count", row => row.Number(0)) is var free
        && (store.Folder.Reserve.IsSpent
            ? free > 0
            : free > FewFreePages && free > session.First("PRAGMA page_count", row => row.Number(0)) / 4));

    private async Task ProbeAsync()
    {
        if (store.Health.Problem is null)
            return;

        await store.ProbeAsync();
        store.Health.EndFaults();
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Housekeeping failed. Retrying in 500 ms.")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
