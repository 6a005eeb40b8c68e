using Microsoft.Data.Sqlite;

namespace Goterra.Infrastructure.Sqlite;

/// <summary>
/// Checkpoints the write-ahead log, so that it restarts and stays short. A thread with its own connection copies pages
/// while the writer continues; the writer then copies the small rest between two transactions and restarts the log when
/// no reader uses it. Overlapping readers would prevent that forever: if the log has become too long, new readers wait
/// until it is restarted.
/// </summary>
internal sealed class SqliteCheckpoints : IDisposable
{
    /// <summary>
    /// How long a restart waits for readers. Together with <see cref="GateTimeout"/>, it keeps a write waiting for less
    /// than 50 ms.
    /// </summary>
    public const int BusyMilliseconds = 15;

    private const int LongLog = 1_000;
    private const int TooLongLog = 4 * LongLog;
    private const int HugeLog = 4 * TooLongLog;
    private const int LittleLeft = 100;
    private const int MaxRounds = 5;

    private static readonly TimeSpan GateTimeout = TimeSpan.FromMilliseconds(25);

    // A log of 64 MB is worse than a pause, on a machine that is so busy that reads take longer than the gate waits.
    private static readonly TimeSpan HugeLogGateTimeout = TimeSpan.FromMilliseconds(250);

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

    /// <summary>
    /// Called by the writer between two transactions: restarts a copied log, and requests a copy of a long one.
    /// </summary>
    /// <param name="now">Restarts it even if it was not copied.</param>
    public void Restart(SqliteWriteSession session, bool now)
    {
        _pages += session.TakeWrittenPages();
        if (_copied || now)
        {
            _copied = false;
            if (_pages < TooLongLog ? TryRestart(session) : _readers.TryExclude(
                _pages < HugeLog ? GateTimeout : HugeLogGateTimeout, () => TryRestart(session)))
                (_pages, _dueAt) = (0, LongLog);
        }

        if (_pages < _dueAt)
            return;
        _dueAt = _pages + LongLog;
        Request();
    }

    /// <summary>Requests a copy of the log, even of a short one.</summary>
    public void Request() => _due.Set();

    public void Dispose()
    {
        _stopping = true;
        _due.Set();
        _thread.Join();
        _due.Dispose();
    }

    /// <summary>Truncates the WAL, which frees its disk space.</summary>
    public static void TryTruncate(SqliteWriteSession session) =>
        session.First("PRAGMA wal_checkpoint(TRUNCATE)", row => row.Number(0));

    private void Run()
    {
        SqliteSession? session = null;
        while (_due.WaitOne() && !_stopping)
        {
            try
            {
                session ??= new SqliteSession(_folder.Database, SqliteOpenMode.ReadWrite, cacheKilobytes: 64);
                SqliteAllocation.Enable(session);
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

    /// <returns>
    /// Whether the rest is small enough for the writer; relative to its length for a log that keeps growing.
    /// </returns>
    private static bool TryCopy(SqliteSession session)
    {
        var (log, left) = (0L, long.MaxValue);
        for (var round = 0; round < MaxRounds && left > LittleLeft; round++)
            (log, left) = session.First(
                "PRAGMA wal_checkpoint(PASSIVE)",
                row => row.Number(0) == 0 ? (row.Number(1), row.Number(1) - row.Number(2)) : (0, long.MaxValue));
        return left <= Math.Max(LittleLeft, log / 8);
    }

    // While a long reader such as a backup is active, the log grows until the next attempt.
    private static bool TryRestart(SqliteWriteSession session) =>
        session.First("PRAGMA wal_checkpoint(RESTART)", row => row.Number(0)) == 0;
}
