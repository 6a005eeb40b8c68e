using System.Runtime.InteropServices;
using SQLitePCL;

namespace Goterra.Infrastructure.Sqlite;

/// <summary>
/// Allocates the room in the database file that the pages in the log will need. A checkpoint then succeeds on a full
/// disk too, and the log can restart: otherwise nothing could be deleted any more.
/// </summary>
internal sealed partial class SqliteAllocation(DataFolder folder)
{
    private const int ChunkBytes = 1 << 18;
    private const int SizeHint = 5;
    private const int ChunkSize = 6;

    private bool _isUnsupported;

    /// <summary>Makes the connection keep the allocated room: each one that may checkpoint needs it.</summary>
    public static void Enable(SqliteSession session)
    {
        var bytes = ChunkBytes;
        _ = Control(session.Connection.Handle!, "main", ChunkSize, ref bytes);
        _ = TryAllocate(session, out _);
    }

    /// <summary>Called before a commit.</summary>
    /// <exception cref="IOException">There is no room.</exception>
    public void Allocate(SqliteSession session)
    {
        if (_isUnsupported || TryAllocate(session, out var bytes))
            return;

        // Where there is room, the file system cannot allocate, as some network file systems.
        folder.Reserve.Probe(bytes - new FileInfo(folder.Database).Length + ChunkBytes);
        _isUnsupported = true;
    }

    private static bool TryAllocate(SqliteSession session, out long bytes)
    {
        bytes = session.First("PRAGMA page_count", row => row.Number(0))
            * session.First("PRAGMA page_size", row => row.Number(0));
        return Control(session.Connection.Handle!, "main", SizeHint, ref bytes) == raw.SQLITE_OK;
    }

    [LibraryImport("e_sqlite3", EntryPoint = "sqlite3_file_control", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Control(sqlite3 database, string name, int operation, ref long argument);

    [LibraryImport("e_sqlite3", EntryPoint = "sqlite3_file_control", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Control(sqlite3 database, string name, int operation, ref int argument);
}
