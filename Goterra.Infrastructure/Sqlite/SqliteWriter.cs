using Goterra.Core.Deployments;
using Goterra.Core.Waiting;

namespace Goterra.Infrastructure.Sqlite;

/// <summary>
/// The single writer: a thread that takes all queued commands, runs each under a savepoint in one transaction, commits,
/// publishes the changes, and completes the commands. A failed command is rolled back alone. If SQLite rolled back the
/// whole transaction, the commands run again, each in its own.
/// </summary>
/// <remarks>A command may run more than once and must have no effects outside its session.</remarks>
internal sealed class SqliteWriter : IDisposable
{
    private readonly SqliteWriteQueue _queue;
    private readonly DataFolder _folder;
    private readonly ValueFiles _files;
    private readonly SqliteClock _clock;
    private readonly ChangeHub _hub;
    private readonly SqliteCheckpoints _checkpoints;
    private readonly SqliteHealth _health;
    private readonly SqliteAllocation _allocation;
    private readonly Thread _thread;
    private SqliteWriteSession? _session;
    private Exception? _fault;

    public SqliteWriter(
        DataFolder folder, ValueFiles files, SqliteClock clock, ChangeHub hub, SqliteCheckpoints checkpoints,
        SqliteHealth health)
    {
        (_folder, _files, _clock, _hub, _checkpoints, _health) = (folder, files, clock, hub, checkpoints, health);
        _allocation = new SqliteAllocation(folder);
        _queue = new SqliteWriteQueue(health.Metrics);
        health.Metrics.ObserveQueue(() => _queue.Length);
        _session = Connect();
        _thread = new Thread(Run) { Name = "SQLite writer", IsBackground = true };
        _thread.Start();
    }

    /// <summary>
    /// Runs a command; completes when the change is durable. A queued command runs even if the caller gives up.
    /// </summary>
    /// <param name="command">Runs on the writer's thread.</param>
    /// <param name="mayUseReserve">It frees space, and may use the reserve of a full disk.</param>
    /// <param name="bytes">Approximate size of the write.</param>
    public Task<T> WriteAsync<T>(Func<SqliteWriteSession, T> command, bool mayUseReserve = false, int bytes = 0) =>
        _queue.EnqueueAsync(new SqliteWriteCommand<T>(command) { MayUseReserve = mayUseReserve, Bytes = bytes });

    /// <summary>Fails while the disk does not accept a small write.</summary>
    public Task ProbeAsync() => _queue.EnqueueAsync(new SqliteWriteCommand<int>(session =>
        session.Execute(
            "INSERT OR REPLACE INTO settings (name, value) VALUES ('probe', ?1)", session.Now))
    { IsProbe = true });

    /// <summary>Runs the queued commands and stops.</summary>
    public void Stop()
    {
        _queue.Stop();
        _thread.Join();
    }

    public void Dispose()
    {
        Stop();
        _session?.Dispose();
    }

    private void Run()
    {
        var batch = new List<SqliteWriteCommand>();
        while (_queue.TryTake(batch))
        {
            try
            {
                var start = _health.Metrics.Start();
                Run(batch);
                _health.Metrics.RecordCommit(batch.Select(command => command.Queued), start);
                RestartLog();
            }
            catch (Exception e)
            {
                // A bug: the commands fail, and the writer continues.
                batch.ForEach(command => command.Fail(e));
            }

            batch.ForEach(command => command.Complete());
            batch.Clear();
        }
    }

    private void Run(List<SqliteWriteCommand> batch)
    {
        if (_health.Removal is { } removal)
        {
            batch.ForEach(command => command.Fail(new StoreUnavailableException(removal)));
            return;
        }

        var commands = _folder.Reserve.IsSpent || batch.Exists(command => command.IsProbe)
            ? RefuseWithoutRoom(batch)
            : batch;

        // While another program holds the lock, a stop waits for it once, not per batch.
        if (!_queue.IsStopping || _fault is null || !SqliteFaults.IsBusy(_fault))
            _fault = TryRun(commands);
        if (_fault is null)
            return;

        if (SqliteFaults.IsBusy(_fault))
        {
            commands.ForEach(command => command.Fail(_health.Report(_fault)));
            return;
        }

        // Restarting the log frees space, which may be enough.
        if (SqliteFaults.IsFull(_fault))
            RestartLog(now: true);
        commands.ForEach(RunAlone);
    }

    /// <summary>On a full disk, the rest of the space is left to commands that free space.</summary>
    /// <returns>The commands that may run.</returns>
    private List<SqliteWriteCommand> RefuseWithoutRoom(List<SqliteWriteCommand> batch)
    {
        if (batch.TrueForAll(command => command.MayUseReserve))
            return batch;
        try
        {
            FillReserve();
            return batch;
        }
        catch (Exception e) when (SqliteFaults.IsFault(e))
        {
            batch.FindAll(command => !command.MayUseReserve).ForEach(command => command.Fail(_health.Report(e)));
            return batch.FindAll(command => command.MayUseReserve);
        }
    }

    private void FillReserve()
    {
        try
        {
            _folder.Reserve.Fill();
        }
        catch (Exception e) when (SqliteFaults.IsFull(e) && _folder.Reserve.IsSpent && _session is not null)
        {
            // The log may have what is missing.
            SqliteCheckpoints.TryTruncate(_session);
            _folder.Reserve.Fill();
        }
    }

    private void RunAlone(SqliteWriteCommand command)
    {
        var fault = _folder.Reserve.IsSpent && !command.MayUseReserve ? _fault : TryRun([command]);
        if (fault is null)
            return;

        var reported = _health.Report(fault);
        if (command.MayUseReserve && SqliteFaults.IsFull(fault))
        {
            // The checkpoint comes first: the log that it restarts has room, too.
            _folder.Reserve.TrySpend();
            RestartLog(now: true);
            if (TryRun([command]) is null)
                return;
        }

        command.Fail(reported);
    }

    /// <returns>Why the transaction failed as a whole, without any effect; null if it was committed.</returns>
    private Exception? TryRun(List<SqliteWriteCommand> commands)
    {
        if (commands.Count == 0)
            return null;
        try
        {
            var session = _session ??= Connect();
            session.Begin(_clock);
            commands.ForEach(command => command.Run(session));
            var reading = session.SaveLeaseClock(_clock);
            _allocation.Allocate(session);
            session.Execute("COMMIT");
            if (reading is not null)
                _clock.Accept(reading);
        }
        catch (Exception e)
        {
            var fault = _session is null ? e : SqliteFaults.Refine(e, _session);
            Recover(fault);
            return fault;
        }

        foreach (var file in _session.ReleasedFiles)
            _files.Release(file);
        foreach (var change in _session.Changes)
            _hub.Publish(change);
        return null;
    }

    /// <summary>Reconnects after an I/O error: cached pages may be wrong.</summary>
    private void Recover(Exception fault)
    {
        try
        {
            if (_session is { InTransaction: true } session)
                session.Execute("ROLLBACK");
            if (SqliteFaults.IsFull(fault) || SqliteFaults.IsBusy(fault))
                return;
        }
        catch (Exception e) when (SqliteFaults.IsFault(e))
        {
            // Closed below.
        }

        _session?.Dispose();
        _session = null;
    }

    private void RestartLog(bool now = false)
    {
        try
        {
            if (_session is not null)
                _checkpoints.Restart(_session, now);
        }
        catch (Exception e) when (SqliteFaults.IsFault(e))
        {
            _health.Report(e, SqliteHealth.Checkpoints);
        }
    }

    private SqliteWriteSession Connect()
    {
        var session = new SqliteWriteSession(_folder.Database);
        session.Execute("PRAGMA synchronous = FULL");
        session.Execute("PRAGMA wal_autocheckpoint = 0");
        session.Execute("PRAGMA journal_size_limit = 16777216");
        SqliteAllocation.Enable(session);
        return session;
    }
}
