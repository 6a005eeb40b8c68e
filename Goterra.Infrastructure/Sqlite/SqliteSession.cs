using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Goterra.Infrastructure.Sqlite;

/// <summary>
/// A connection with its prepared statements, for one thread at a time. Arguments are <c>?1</c>, <c>?2</c>... in order.
/// </summary>
internal class SqliteSession : IDisposable
{
    // SQLITE_DBCONFIG_ENABLE_QPSG
    private const int StablePlans = 1007;

    // SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE
    private const int NoCheckpointOnClose = 1006;

    private readonly Dictionary<string, SqliteStatement> _statements = [];
    private readonly int _busyMilliseconds;

    /// <param name="path">The database file.</param>
    /// <param name="mode">Whether it may be written or created.</param>
    /// <param name="cacheKilobytes">The size of the page cache. The rest is left to the operating system.</param>
    /// <param name="busyMilliseconds">How long a checkpoint waits for readers.</param>
    public SqliteSession(string path, SqliteOpenMode mode, int cacheKilobytes, int busyMilliseconds = 0)
    {
        _busyMilliseconds = busyMilliseconds;
        Connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Mode = mode,
            Pooling = false,

            // In seconds, for a database that another program has locked.
            DefaultTimeout = 1,
        }.ToString());
        try
        {
            Connection.Open();

            // Plans do not depend on arguments. Otherwise SQLite plans a statement anew for each argument that a
            // partial index could be about.
            raw.sqlite3_db_config(Connection.Handle!, StablePlans, 1, out _);
            _ = raw.sqlite3_busy_timeout(Connection.Handle!, busyMilliseconds);
            Execute("PRAGMA temp_store = MEMORY");
            Execute($"PRAGMA cache_size = -{cacheKilobytes}");
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public SqliteConnection Connection { get; }

    /// <summary>Whether SQLite is inside a transaction: some errors end it.</summary>
    public bool InTransaction => raw.sqlite3_get_autocommit(Connection.Handle!) == 0;

    /// <summary>Leaves the log in place, as the next start expects it after a crash.</summary>
    public void KeepLog() => raw.sqlite3_db_config(Connection.Handle!, NoCheckpointOnClose, 1, out _);

    /// <returns>How many rows were written.</returns>
    public int Execute(string sql, params ReadOnlySpan<object?> arguments)
    {
        var statement = Prepare(sql);
        try
        {
            statement.Bind(arguments);
            while (statement.Step())
            {
            }

            return statement.Changes;
        }
        finally
        {
            statement.Reset();
        }
    }

    /// <summary>Runs a script whose statements depend on each other.</summary>
    public void Run(string script)
    {
        using var command = Connection.CreateCommand();
        command.CommandText = script;
        command.ExecuteNonQuery();
    }

    /// <returns>The first row; the default where there is none.</returns>
    public T? First<T>(string sql, Func<SqliteRow, T> map, params ReadOnlySpan<object?> arguments)
    {
        var statement = Prepare(sql);
        try
        {
            statement.Bind(arguments);
            return statement.Step() ? map(statement.Row) : default;
        }
        finally
        {
            statement.Reset();
        }
    }

    public List<T> All<T>(string sql, Func<SqliteRow, T> map, params ReadOnlySpan<object?> arguments)
    {
        var statement = Prepare(sql);
        try
        {
            statement.Bind(arguments);
            var rows = new List<T>();
            while (statement.Step())
                rows.Add(map(statement.Row));
            return rows;
        }
        finally
        {
            statement.Reset();
        }
    }

    /// <summary>
    /// Runs several reads that see the same state. Where one fails, the session stays in the transaction: it is not
    /// used again.
    /// </summary>
    public T Snapshot<T>(Func<T> reads)
    {
        Execute("BEGIN");
        var result = reads();
        Execute("ROLLBACK");
        return result;
    }

    public void Dispose()
    {
        foreach (var statement in _statements.Values)
            statement.Dispose();
        Connection.Dispose();
        GC.SuppressFinalize(this);
    }

    private SqliteStatement Prepare(string sql)
    {
        if (!_statements.TryGetValue(sql, out var statement))
        {
            statement = new SqliteStatement(Connection.Handle!, sql, _busyMilliseconds);
            _statements.Add(sql, statement);
        }

        return statement;
    }
}
