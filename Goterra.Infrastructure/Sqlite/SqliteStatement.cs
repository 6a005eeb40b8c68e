using System.Text;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Goterra.Infrastructure.Sqlite;

/// <summary>
/// A prepared statement, for one thread at a time. It calls SQLite directly: commands, parameters and readers of
/// ADO.NET take longer than SQLite does for a small row.
/// </summary>
internal sealed class SqliteStatement : IDisposable
{
    private const int LockedMilliseconds = 1000;
    private const int MaxStackBytes = 512;

    private readonly sqlite3 _database;
    private readonly sqlite3_stmt _statement;
    private readonly int _busyMilliseconds;
    private readonly int _parameters;
    private bool _isRunning;

    /// <param name="database">The open connection.</param>
    /// <param name="sql">A single statement.</param>
    /// <param name="busyMilliseconds">How long SQLite waits for a lock, where that is no error.</param>
    public SqliteStatement(sqlite3 database, string sql, int busyMilliseconds)
    {
        (_database, _busyMilliseconds) = (database, busyMilliseconds);
        var code = raw.sqlite3_prepare_v3(
            database, sql, raw.SQLITE_PREPARE_PERSISTENT, out _statement, out var rest);
        if (IsBusy(code))
        {
            // It reads the schema.
            _ = raw.sqlite3_busy_timeout(database, LockedMilliseconds);
            code = raw.sqlite3_prepare_v3(database, sql, raw.SQLITE_PREPARE_PERSISTENT, out _statement, out rest);
            _ = raw.sqlite3_busy_timeout(database, busyMilliseconds);
        }

        SqliteException.ThrowExceptionForRC(code, database);
        if (!string.IsNullOrWhiteSpace(rest))
        {
            _statement.Dispose();
            throw new ArgumentException("More than one statement.", nameof(sql));
        }

        _parameters = raw.sqlite3_bind_parameter_count(_statement);
    }

    public SqliteRow Row => new(_statement);

    /// <summary>How many rows the last run wrote.</summary>
    public int Changes => raw.sqlite3_changes(_database);

    public void Bind(ReadOnlySpan<object?> arguments)
    {
        // SQLite takes a missing one for NULL.
        if (arguments.Length != _parameters)
            throw new ArgumentException($"{_parameters} arguments are needed.", nameof(arguments));
        for (var i = 0; i < arguments.Length; i++)
            SqliteException.ThrowExceptionForRC(Bind(i + 1, arguments[i]), _database);
    }

    /// <summary>Runs up to the next row.</summary>
    /// <returns>False at the end.</returns>
    public bool Step()
    {
        var code = raw.sqlite3_step(_statement);
        if (IsBusy(code) && !_isRunning)
            code = StepPatiently();
        _isRunning = true;
        if (code is not (raw.SQLITE_ROW or raw.SQLITE_DONE))
            SqliteException.ThrowExceptionForRC(code, _database);
        return code == raw.SQLITE_ROW;
    }

    /// <summary>Ends the run, and forgets the arguments.</summary>
    public void Reset()
    {
        _isRunning = false;

        // Repeats the error of the last step.
        _ = raw.sqlite3_reset(_statement);
        _ = raw.sqlite3_clear_bindings(_statement);
    }

    public void Dispose() => _statement.Dispose();

    // The result codes are extended ones.
    private static bool IsBusy(int code) => (code & 0xff) == raw.SQLITE_BUSY;

    // Another program has locked the database.
    private int StepPatiently()
    {
        _ = raw.sqlite3_reset(_statement);
        _ = raw.sqlite3_busy_timeout(_database, LockedMilliseconds);
        var code = raw.sqlite3_step(_statement);
        _ = raw.sqlite3_busy_timeout(_database, _busyMilliseconds);
        return code;
    }

    private int Bind(int index, object? argument) => argument switch
    {
        null => raw.sqlite3_bind_null(_statement, index),
        string text => Bind(index, text),
        long number => raw.sqlite3_bind_int64(_statement, index, number),
        int number => raw.sqlite3_bind_int64(_statement, index, number),
        bool flag => raw.sqlite3_bind_int64(_statement, index, flag ? 1 : 0),

        // The address of an empty span is null, which SQLite takes for NULL.
        byte[] { Length: 0 } => raw.sqlite3_bind_zeroblob(_statement, index, 0),
        byte[] bytes => raw.sqlite3_bind_blob(_statement, index, bytes),
        _ => throw new ArgumentException($"SQLite has no {argument.GetType()}.", nameof(argument)),
    };

    private int Bind(int index, string text)
    {
        if (text.Length == 0 || text.Length > MaxStackBytes / 3)
            return raw.sqlite3_bind_text(_statement, index, text);

        Span<byte> bytes = stackalloc byte[MaxStackBytes];
        return raw.sqlite3_bind_text(_statement, index, bytes[..Encoding.UTF8.GetBytes(text, bytes)]);
    }
}

/// <summary>The current row of a statement.</summary>
internal readonly struct SqliteRow(sqlite3_stmt statement)
{
    public bool IsNull(int column) => raw.sqlite3_column_type(statement, column) == raw.SQLITE_NULL;

    public string GetString(int column) => raw.sqlite3_column_text(statement, column).utf8_to_string();

    public string? Text(int column) => IsNull(column) ? null : GetString(column);

    public byte[]? Blob(int column) =>
        IsNull(column) ? null : raw.sqlite3_column_blob(statement, column).ToArray();

    public long Number(int column) => raw.sqlite3_column_int64(statement, column);

    public DateTimeOffset Time(int column) => DateTimeOffset.FromUnixTimeMilliseconds(Number(column));

    /// <summary>0 is never.</summary>
    public DateTimeOffset? End(int column) => Number(column) == 0 ? null : Time(column);
}
