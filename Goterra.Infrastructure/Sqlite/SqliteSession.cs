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

    private readonly Dictionary<string, SqliteCommand> _commands = [];

    /// <param name="path">The database file.</param>
    /// <param name="mode">Whether it may be written or created.</param>
    /// <param name="cacheKilobytes">The size of the page cache. The rest is left to the operating system.</param>
    public SqliteSession(string path, SqliteOpenMode mode, int cacheKilobytes)
    {
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
            Execute("PRAGMA temp_store = MEMORY");
            Execute($"PRAGMA cache_size = -{cacheKilobytes}");
        }
        catch
        {
            Connection.Dispose();
            throw;
        }
    }

    public SqliteConnection Connection { get; }

    /// <summary>Whether SQLite is inside a transaction: some errors end it.</summary>
    public bool InTransaction => raw.sqlite3_get_autocommit(Connection.Handle!) == 0;

    /// <summary>Leaves the log in place, as the next start expects it after a crash.</summary>
    public void KeepLog() => raw.sqlite3_db_config(Connection.Handle!, NoCheckpointOnClose, 1, out _);

    /// <returns>How many rows were written.</returns>
    public int Execute(string sql, params ReadOnlySpan<object?> arguments) => Prepare(sql, arguments).ExecuteNonQuery();

    /// <summary>Runs a script whose statements depend on each other.</summary>
    public void Run(string script)
    {
        using var command = Connection.CreateCommand();
        command.CommandText = script;
        command.ExecuteNonQuery();
    }

    /// <returns>The first row; the default where there is none.</returns>
    public T? First<T>(string sql, Func<SqliteDataReader, T> map, params ReadOnlySpan<object?> arguments)
    {
        using var reader = Prepare(sql, arguments).ExecuteReader();
        return reader.Read() ? map(reader) : default;
    }

    public List<T> All<T>(string sql, Func<SqliteDataReader, T> map, params ReadOnlySpan<object?> arguments)
    {
        using var reader = Prepare(sql, arguments).ExecuteReader();
        var rows = new List<T>();
        while (reader.Read())
            rows.Add(map(reader));
        return rows;
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
        foreach (var command in _commands.Values)
            command.Dispose();
        Connection.Dispose();
        GC.SuppressFinalize(this);
    }

    private SqliteCommand Prepare(string sql, ReadOnlySpan<object?> arguments)
    {
        if (!_commands.TryGetValue(sql, out var command))
        {
            command = Connection.CreateCommand();
            command.CommandText = sql;
            for (var i = 1; i <= arguments.Length; i++)
                command.Parameters.Add(new SqliteParameter($"?{i}", value: null));
            command.Prepare();
            _commands.Add(sql, command);
        }

        for (var i = 0; i < arguments.Length; i++)
            command.Parameters[i].Value = arguments[i] ?? DBNull.Value;
        return command;
    }
}

internal static class SqliteRows
{
    public static string? Text(this SqliteDataReader row, int column) =>
        row.IsDBNull(column) ? null : row.GetString(column);

    public static byte[]? Blob(this SqliteDataReader row, int column) =>
        row.IsDBNull(column) ? null : row.GetFieldValue<byte[]>(column);

    public static long Number(this SqliteDataReader row, int column) => row.GetInt64(column);

    public static DateTimeOffset Time(this SqliteDataReader row, int column) =>
        DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(column));

    /// <summary>0 is never.</summary>
    public static DateTimeOffset? End(this SqliteDataReader row, int column) =>
        row.GetInt64(column) == 0 ? null : row.Time(column);
}
