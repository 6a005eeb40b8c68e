using System.Runtime.InteropServices;
using Goterra.Core.Deployments;
using Microsoft.Data.Sqlite;
using static SQLitePCL.raw;

namespace Goterra.Infrastructure.Sqlite;

/// <summary>Translates errors of SQLite and of the disk.</summary>
internal static partial class SqliteFaults
{
    private const int NoSpace = 28;
    private const int OverQuotaLinux = 122;
    private const int OverQuotaMac = 69;
    private const int ReadOnlyFileSystem = 30;
    private const int TooManyOpenFiles = 24;
    private const int TooManyOpenFilesInSystem = 23;

    private const string NoFiles =
        "The server has too many open files. Raise the limit (LimitNOFILE= of the unit, ulimit -n).";

    private const string ReadOnly = "The store's disk is read-only: writes are refused, reads still work.";
    private const string BadDisk = "The store's disk reports an I/O error.";

    /// <summary>Whether it is a fault of the disk or of the file, and not a bug.</summary>
    public static bool IsFault(Exception e) => Translate(e) is not null;

    public static bool IsFull(Exception e) => Translate(e) is StoreFullException;

    public static bool IsBusy(Exception e) => e is SqliteException { SqliteErrorCode: SQLITE_BUSY or SQLITE_LOCKED };

    public static bool IsReadOnlyFileSystem(Exception e) => e is IOException { HResult: ReadOnlyFileSystem };

    /// <returns>Null where it is no fault of the disk or the file.</returns>
    public static Exception? Translate(Exception e) => e switch
    {
        StoreUnavailableException or StoreDamagedException => e,
        SqliteException { SqliteErrorCode: SQLITE_FULL } => Full(e),
        SqliteException { SqliteErrorCode: SQLITE_CORRUPT or SQLITE_NOTADB } =>
            new StoreDamagedException("The database is damaged.", e),
        SqliteException { SqliteErrorCode: SQLITE_READONLY } => new StoreUnavailableException(ReadOnly, e),
        SqliteException { SqliteErrorCode: SQLITE_IOERR or SQLITE_CANTOPEN } =>
            new StoreUnavailableException(BadDisk, e),
        SqliteException { SqliteErrorCode: SQLITE_BUSY or SQLITE_LOCKED } =>
            new StoreUnavailableException("Another program has locked the store's database.", e),
        SqliteException { SqliteErrorCode: SQLITE_NOMEM } =>
            new StoreUnavailableException("The server is out of memory.", e),
        IOException { HResult: NoSpace or OverQuotaLinux or OverQuotaMac } => Full(e),
        IOException { HResult: ReadOnlyFileSystem } => new StoreUnavailableException(ReadOnly, e),
        IOException { HResult: TooManyOpenFiles or TooManyOpenFilesInSystem } =>
            new StoreUnavailableException(NoFiles, e),
        IOException or UnauthorizedAccessException => new StoreUnavailableException(BadDisk, e),
        _ => null,
    };

    /// <summary>
    /// SQLite reports an exceeded quota and a read-only file system as I/O errors; the errno distinguishes them. A
    /// failed fsync stays an I/O error: whether the write survives a crash is unknown.
    /// </summary>
    public static Exception Refine(Exception e, SqliteSession session) =>
        e is SqliteException
        {
            SqliteErrorCode: SQLITE_IOERR or SQLITE_CANTOPEN, SqliteExtendedErrorCode: not SQLITE_IOERR_FSYNC,
        } && session.Connection.Handle is { } handle
            ? SystemError(handle.DangerousGetHandle()) switch
            {
                NoSpace or OverQuotaLinux or OverQuotaMac => Full(e),
                ReadOnlyFileSystem => new StoreUnavailableException(ReadOnly, e),
                TooManyOpenFiles or TooManyOpenFilesInSystem => new StoreUnavailableException(NoFiles, e),
                _ => e,
            }
            : e;

    private static StoreFullException Full(Exception e) =>
        new("The store's disk is full: nothing was written, reads still work.", e);

    [LibraryImport("e_sqlite3", EntryPoint = "sqlite3_system_errno")]
    private static partial int SystemError(nint database);
}
