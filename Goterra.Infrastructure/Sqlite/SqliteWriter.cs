using Goterra.Core.Deployments;
using Goterra.Core.Waiting;

namespace Goterra.Infrastructure.Sqlite;

/// <summary>
/// The one writer: a thread that takes all commands that are queued, runs each under a savepoint in one transaction, commits, tells the watches, and then
/// completes the commands. One that fails is rolled back alone. Where SQLite gave up the whole transaction, the others run again, each in its own.
/// </summary>
/// <remarks>A command may run more than once, and changes nothing but its session.</remarks>
internal sealed class SqliteWriter : IDisposable
{
    private const int MaxQueued = 20_000;
    private const long MaxQueuedBytes = 64_000_000;
    private const int MaxBatch = 1_000;
    private const long MaxBatchBytes = 4_000_000;

    private readonly object _gate = new();
    private readonly Queue<Command> _queued = [];
    private readonly DataFolder _folder;
    private readonly ValueFiles _files;
    private readonly SqliteClock _clock;
    private readonly ChangeHub _hub;
    private readonly SqliteCheckpoints _checkpoints;
    private readonly SqliteHealth _health;
    private readonly Thread _thread;
    private SqliteWriteSession? _session;
    private Exception? _fault;
    private long _queuedBytes;
    private bool _stopping;

    public SqliteWriter(DataFolder folder, ValueFiles files, SqliteClock clock, ChangeHub hub, SqliteCheckpoints checkpoints, SqliteHealth health)
    {
        (_folder, _files, _clock, _hub, _checkpoints, _health) = (folder, files, clock, hub, checkpoints, health);
        _session = Connect();
        _thread = new Thread(Run) { Name = "SQLite writer", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Runs a command; completes when what it wrote is on the disk. What was queued is carried out, whether the caller waits for it or not.</summary>
    /// <param name="command">Runs on the writer's thread.</param>
    /// <param name="frees">It makes room, and may use the reserve of a full disk.</param>
    /// <param name="bytes">Roughly what it writes.</param>
    public Task<T> WriteAsync<T>(Func<SqliteWriteSession, T> command, bool frees = false, int bytes = 0)
    {
        var queued = new Command<T>(command) { Frees = frees, Bytes = bytes };
        lock (_gate)
        {
            if (_stopping)
                throw new StoreUnavailableException("The store is being stopped.");
            if (_queued.Count >= MaxQueued || _queuedBytes + bytes > MaxQueuedBytes)
                throw new StoreUnavailableException("The store has more writes waiting than it takes.");

            _queued.Enqueue(queued);
            _queuedBytes += bytes;
            Monitor.Pulse(_gate);
        }

        return queued.Task;
    }

    /// <summary>Carries out what is queued, and ends.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _stopping = true;
            Monitor.Pulse(_gate);
        }

        _thread.Join();
        _session?.Dispose();
    }

    private void Run()
    {
        var batch = new List<Command>();
        while (Take(batch))
        {
            try
            {
                Run(batch);
            }
            catch (Exception e)
            {
                // A fault of this software: the commands fail, and the writer goes on.
                batch.ForEach(command => command.Fail(e));
            }

            batch.ForEach(command => command.Complete());
            batch.Clear();
            RestartLog();
        }
    }

    private void Run(List<Command> batch)
    {
        if (_folder.IsReserveSpent)
            RefuseWhatNeedsRoom(batch);
        if (TryRun(batch))
            return;

        // Another program holds the database: each of them alone would only wait for it once more.
        if (SqliteFaults.IsBusy(_fault!))
            batch.ForEach(command => command.Fail(_fault!));
        else
            batch.ForEach(RunAlone);
    }

    /// <summary>What is left of the disk is for what makes room, until as much as was kept is free again.</summary>
    private void RefuseWhatNeedsRoom(List<Command> batch)
    {
        try
        {
            _folder.FillReserve();
        }
        catch (Exception e) when (SqliteFaults.IsFault(e))
        {
            _health.Report(e);
            var refused = batch.FindAll(command => !command.Frees);
            refused.ForEach(command => command.Fail(e));
            refused.ForEach(command => command.Complete());
            batch.RemoveAll(refused.Contains);
        }
    }

    private bool Take(List<Command> batch)
    {
        lock (_gate)
        {
            while (_queued.Count == 0 && !_stopping)
                Monitor.Wait(_gate);

            for (var bytes = 0L; batch.Count < MaxBatch && bytes < MaxBatchBytes && _queued.TryDequeue(out var command); bytes += command.Bytes)
            {
                batch.Add(command);
                _queuedBytes -= command.Bytes;
            }

            return batch.Count > 0;
        }
    }

    private void RunAlone(Command command)
    {
        Command[] alone = [command];
        if (TryRun(alone))
            return;

        // A log that begins anew has room again, and that may be all that is needed.
        if (SqliteFaults.IsFull(_fault!) && RestartLog(now: true) && TryRun(alone))
            return;
        if (command.Frees && SqliteFaults.IsFull(_fault!) && _folder.TrySpendReserve() && TryRun(alone))
            return;

        _health.Report(_fault!);
        command.Fail(_fault!);
    }

    /// <returns>False where the transaction as a whole failed: nothing of it happened, and <see cref="_fault"/> says why.</returns>
    private bool TryRun(IReadOnlyList<Command> commands)
    {
        try
        {
            var session = _session ??= Connect();
            session.Begin(_clock);
            foreach (var command in commands)
                Run(session, command);
            session.Execute("COMMIT");
        }
        catch (Exception e)
        {
            _fault = _session is null ? e : SqliteFaults.Refine(e, _session);
            Recover();
            return false;
        }

        foreach (var file in _session.ReleasedFiles)
            _files.Release(file);
        foreach (var change in _session.Changes)
            _hub.Publish(change);
        return true;
    }

    private static void Run(SqliteWriteSession session, Command command)
    {
        var mark = session.Mark();
        session.Execute("SAVEPOINT command");
        try
        {
            command.Run(session);
        }
        catch (Exception e) when (session.InTransaction && !SqliteFaults.IsFault(e))
        {
            session.Execute("ROLLBACK TO command");
            session.Forget(mark);
            command.Fail(e);
        }

        session.Execute("RELEASE command");
    }

    /// <summary>After a fault of the disk the connection is made anew: what it remembers of the files may be wrong.</summary>
    private void Recover()
    {
        try
        {
            if (_session is { InTransaction: true } session)
                session.Execute("ROLLBACK");
            if (SqliteFaults.IsFull(_fault!))
                return;
        }
        catch (Exception e) when (SqliteFaults.IsFault(e))
        {
            // It is closed below.
        }

        _session?.Dispose();
        _session = null;
    }

    private bool RestartLog(bool now = false)
    {
        try
        {
            return _session is { } session && _checkpoints.Restart(session, now);
        }
        catch (Exception e) when (SqliteFaults.IsFault(e))
        {
            return false;
        }
    }

    private SqliteWriteSession Connect()
    {
        var session = new SqliteWriteSession(_folder.Database);
        session.Execute("PRAGMA synchronous = FULL");
        session.Execute("PRAGMA wal_autocheckpoint = 0");
        session.Execute("PRAGMA journal_size_limit = 16777216");
        session.Execute("PRAGMA busy_timeout = 20");
        return session;
    }

    private abstract class Command
    {
        public bool Frees { get; init; }

        public int Bytes { get; init; }

        public abstract void Run(SqliteWriteSession session);

        public abstract void Fail(Exception e);

        public abstract void Complete();
    }

    private sealed class Command<T>(Func<SqliteWriteSession, T> run) : Command
    {
        private readonly TaskCompletionSource<T> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private T? _result;
        private Exception? _error;

        public Task<T> Task => _completion.Task;

        public override void Run(SqliteWriteSession session)
        {
            _result = run(session);
            _error = null;
        }

        public override void Fail(Exception e) => _error = e;

        public override void Complete()
        {
            if (_error is not null)
                _completion.SetException(SqliteFaults.Translate(_error) ?? _error);
            else
                _completion.SetResult(_result!);
        }
    }
}
