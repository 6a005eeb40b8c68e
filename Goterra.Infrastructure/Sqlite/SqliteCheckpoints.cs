using Microsoft.Data.Sqlite;

namespace Goterra.Infrastructure.Sqlite;

/// <summary>
/// Moves what the log holds into the database, so that the log begins anew and stays short. A thread with a connection of its own copies while the writer goes
/// on; what is left then is little, and the writer restarts the log between two transactions, when no reader needs it. Readers that follow each other without a
/// gap would keep it from that for ever: where the log has become too long, the next ones wait until it is restarted.
/// </summary>
internal sealed class SqliteCheckpoints : IDisposable
{
    /// <summary>How long a restart waits for readers. Together with <see cref="GateTimeout"/>, it keeps a write waiting for less than 50 ms.</summary>
    public const int BusyMilliseconds = 15;

    private const int LongLog = 1_000;
    private const int TooLongLog = 4 * LongLog;
    private const int LittleLeft = 100;
    private const int MaxRounds = 5;

    private static readonly TimeSpan GateTimeout = TimeSpan.FromMilliseconds(25);

    private readonly DataFolder _folder;
    private readonly SqliteReaders _readers;
    private readonly SqliteHealth _health;
    private readonly AutoResetEvent _due = new(false);
    private readonly Thread _thread;
    private volatile bool _copied;
    private volatile bool _stopping;

    // The writer's own: pages in the log, and how many make the next checkpoint due.
    private long _pages;
    private long _dueAt = LongLog;

    public SqliteCheckpoints(DataFolder folder, SqliteReaders readers, SqliteHealth health)
    {
        (_folder, _readers, _health) = (folder, readers, health);
        _thread = new Thread(Run) { Name = "SQLite checkpoints", IsBackground = true };
        _thread.Start();
    }

    /// <summary>For the writer, between two transactions: restarts the log when it was copied, and has it copied when it is long.</summary>
    /// <param name="now">Restarts it whether it was copied or not.</param>
    public void Restart(SqliteWriteSession session, bool now)
    {
        _pages += session.TakeWrittenPages();
        if (_copied || now)
        {
            _copied = false;
            if (_pages < TooLongLog ? TryRestart(session) : _readers.TryExclude(GateTimeout, () => TryRestart(session)))
                (_pages, _dueAt) = (0, LongLog);
        }

        if (_pages < _dueAt)
            return;
        _dueAt = _pages + LongLog;
        Request();
    }

    /// <summary>Has the log copied, however short it is.</summary>
    public void Request() => _due.Set();

    public void Dispose()
    {
        _stopping = true;
        _due.Set();
        _thread.Join();
        _due.Dispose();
    }

    private void Run()
    {
        SqliteSession? session = null;
        while (_due.WaitOne() && !_stopping)
        {
            try
            {
                session ??= new SqliteSession(_folder.Database, SqliteOpenMode.ReadWrite, cacheKilobytes: 64);
                _copied = TryCopy(session);
            }
            catch (Exception e) when (SqliteFaults.IsFault(e))
            {
                // The next writes make it due again.
                _health.Report(e, SqliteHealth.Checkpoints);
                session?.Dispose();
                session = null;
            }
        }

        session?.Dispose();
    }

    /// <returns>Whether so little is left that the writer may copy it; of a log that grows in spite of all, more.</returns>
    private static bool TryCopy(SqliteSession session)
    {
        var (log, left) = (0L, long.MaxValue);
        for (var round = 0; round < MaxRounds && left > LittleLeft; round++)
            (log, left) = session.First("PRAGMA wal_checkpoint(PASSIVE)", row => row.Number(0) == 0 ? (row.Number(1), row.Number(1) - row.Number(2)) : (0, long.MaxValue));
        return left <= Math.Max(LittleLeft, log / 8);
    }

    // A reader that is busy for longer than busy_timeout, such as a backup, has the log grow until the next time.
    private static bool TryRestart(SqliteWriteSession session) => session.First("PRAGMA wal_checkpoint(RESTART)", row => row.Number(0)) == 0;
}
