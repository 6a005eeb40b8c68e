using Goterra.Core.Deployments;
using Microsoft.Data.Sqlite;

namespace Goterra.Infrastructure.Sqlite;

/// <summary>A pool of read connections. Each read holds a gate that a checkpoint may close briefly.</summary>
internal sealed class SqliteReaders : IDisposable
{
    private const int MaxIdle = 16;

    private readonly string _database;

    // After an error of the disk, all other connections may be closed. With the last one, SQLite would remove the
    // shared index of the WAL, which a reader cannot create again while the disk refuses writes.
    private readonly SqliteSession _anchor;

    private readonly ReaderWriterLockSlim _gate = new();
    private readonly Stack<SqliteSession> _idle = [];
    private bool _closed;

    public SqliteReaders(string database)
    {
        _database = database;
        _anchor = new SqliteSession(database, SqliteOpenMode.ReadOnly, cacheKilobytes: 64);
        _anchor.First("SELECT count(*) FROM sqlite_schema", row => row.Number(0));
    }

    public T Read<T>(Func<SqliteSession, T> read)
    {
        _gate.EnterReadLock();
        try
        {
            var session = Take();
            try
            {
                var result = read(session);
                Return(session);
                return result;
            }
            catch
            {
                // Its cached pages may be wrong, and it may be inside a transaction.
                session.Dispose();
                throw;
            }
        }
        finally
        {
            _gate.ExitReadLock();
        }
    }

    /// <summary>Runs an action while there are no readers.</summary>
    /// <returns>False also if readers did not finish in time.</returns>
    public bool TryExclude(TimeSpan timeout, Func<bool> action)
    {
        if (!_gate.TryEnterWriteLock(timeout))
            return false;
        try
        {
            return action();
        }
        finally
        {
            _gate.ExitWriteLock();
        }
    }

    /// <summary>Refuses further reads. A read in progress closes its own connection.</summary>
    public void Dispose()
    {
        lock (_idle)
        {
            _closed = true;
            _anchor.Dispose();
            while (_idle.TryPop(out var session))
                session.Dispose();
        }
    }

    private SqliteSession Take()
    {
        lock (_idle)
        {
            if (_closed)
                throw new StoreUnavailableException("The server is stopping.");
            if (_idle.TryPop(out var session))
                return session;
        }

        return new SqliteSession(_database, SqliteOpenMode.ReadOnly, cacheKilobytes: 512);
    }

    private void Return(SqliteSession session)
    {
        lock (_idle)
        {
            if (!_closed && _idle.Count < MaxIdle)
            {
                _idle.Push(session);
                return;
            }
        }

        session.Dispose();
    }
}
