using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace Goterra.Infrastructure.Sqlite;

/// <summary>
/// Moves what the log holds into the database, so that the log begins anew and stays short. A thread with a connection of its own copies while the writer goes
/// on; what is left then is little, and the writer restarts the log between two transactions, when no reader needs it. Readers that follow each other without a
/// gap would keep it from that for ever: where the log has become too long, the next ones wait until it is restarted.
/// </summary>
internal sealed partial class SqliteCheckpoints : IDisposable
{
    private const int LongLog = 1_000;
    private const int TooLongLog = 4 * LongLog;
    private const int LittleLeft = 100;
    private const int MaxRounds = 5;

    private static readonly TimeSpan GateTimeout = TimeSpan.FromMilliseconds(30);

    private readonly DataFolder _folder;
    private readonly ReaderWriterLockSlim _readGate;
    private readonly ILogger<SqliteCheckpoints> _logger;
    private readonly AutoResetEvent _due = new(false);
    private readonly Thread _thread;
    private volatile bool _copied;
    private volatile bool _stopping;

    // The writer's own: pages in the log, and how many make the next checkpoint due.
    private long _pages;
    private long _dueAt = LongLog;

    /// <param name="readGate">Held for reading by each reader.</param>
    public SqliteCheckpoints(DataFolder folder, ReaderWriterLockSlim readGate, ILogger<SqliteCheckpoints> logger)
    {
        (_folder, _readGate, _logger) = (folder, readGate, logger);
        _thread = new Thread(Run) { Name = "SQLite checkpoints", IsBackground = true };
        _thread.Start();
    }

    /// <summary>For the writer, between two transactions: restarts the log when it was copied, and has it copied when it is long.</summary>
    /// <param name="now">Restarts it however short it is.</param>
    /// <returns>Whether the log begins anew.</returns>
    public bool Restart(SqliteWriteSession session, bool now)
    {
        _pages += session.TakeWrittenPages();
        if (!_copied && !now)
        {
            if (_pages >= _dueAt)
                _due.Set();
            return false;
        }

        _copied = false;
        var restarted = Restart(session) || (_pages >= TooLongLog && RestartWithoutReaders(session));
        _pages = restarted ? 0 : _pages;
        _dueAt = _pages + LongLog;
        return restarted;
    }

    /// <summary>Has the log copied, however short it is.</summary>
    public void Copy() => _due.Set();

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
                for (var round = 0; round < MaxRounds && Move(session) > LittleLeft; round++)
                {
                }

                _copied = true;
            }
            catch (Exception e) when (SqliteFaults.IsFault(e))
            {
                // The next write makes it due again.
                Log.Failed(_logger, e.Message);
                session?.Dispose();
                session = null;
            }
        }

        session?.Dispose();
    }

    // Waits for readers as long as busy_timeout says. One that is busy for longer, such as a backup, has the log grow until the next time.
    private static bool Restart(SqliteWriteSession session) => session.First("PRAGMA wal_checkpoint(RESTART)", row => row.Number(0)) == 0;

    private bool RestartWithoutReaders(SqliteWriteSession session)
    {
        if (!_readGate.TryEnterWriteLock(GateTimeout))
            return false;
        try
        {
            return Restart(session);
        }
        finally
        {
            _readGate.ExitWriteLock();
        }
    }

    /// <returns>How many pages are left.</returns>
    private static long Move(SqliteSession session) => session.First("PRAGMA wal_checkpoint(PASSIVE)", row => row.Number(1) - row.Number(2));

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Could not move the log into the database: {Cause}; trying again after the next writes.")]
        public static partial void Failed(ILogger logger, string cause);
    }
}
