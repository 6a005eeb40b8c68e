using Goterra.Core.Deployments;
using Microsoft.Data.Sqlite;

namespace Goterra.Infrastructure.Sqlite;

/// <summary>Connections for reads, kept open between them. Each read holds a gate, which a checkpoint may close for a moment.</summary>
internal sealed class SqliteReaders(string database) : IDisposable
{
    private const int MaxIdle = 16;

    private readonly ReaderWriterLockSlim _gate = new();
    private readonly Stack<SqliteSession> _idle = [];
    private bool _closed;

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
                // What it remembers of the file may be wrong, and it may be inside a transaction.
                session.Dispose();
                throw;
            }
        }
        finally
        {
            _gate.ExitReadLock();
        }
    }

    /// <summary>Runs what must not meet a reader.</summary>
    /// <returns>False also where readers did not end in time.</returns>
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

    /// <summary>Refuses further reads. One that is under way closes its connection itself.</summary>
    public void Dispose()
    {
        lock (_idle)
        {
            _closed = true;
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

        return new SqliteSession(database, SqliteOpenMode.ReadOnly, cacheKilobytes: 512);
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
