namespace Goterra.Infrastructure.Sqlite;

/// <summary>
/// Whether the write-ahead log lost transactions, which SQLite does not report: it uses a log up to its first damaged
/// frame. The shared-memory file of a crashed server says how long the log was. A frame is counted there only after it
/// was flushed.
/// </summary>
internal sealed class SqliteLogCheck
{
    private const int HeaderBytes = 48;
    private const int FramesOffset = 16;
    private const int SaltOffset = 32;
    private const int CopiedOffset = 96;
    private const int LogHeaderBytes = 32;
    private const int LogSaltOffset = 16;
    private const int SaltBytes = 8;

    private readonly long _frames;
    private readonly long _copied;
    private readonly bool _isSameLog;

    private SqliteLogCheck(byte[] index, byte[] log)
    {
        // The two copies of the header differ if it was being written.
        if (index.Length < CopiedOffset + sizeof(uint)
            || !index.AsSpan(0, HeaderBytes).SequenceEqual(index.AsSpan(HeaderBytes, HeaderBytes)))
            return;

        _frames = BitConverter.ToUInt32(index, FramesOffset);
        _copied = BitConverter.ToUInt32(index, CopiedOffset);
        _isSameLog = log.Length == LogHeaderBytes && index.AsSpan(SaltOffset, SaltBytes).SequenceEqual(
            log.AsSpan(LogSaltOffset, SaltBytes));
    }

    /// <summary>Called before the database is opened.</summary>
    public static SqliteLogCheck Before(DataFolder folder) =>
        new(Head(folder.SharedMemory, CopiedOffset + sizeof(uint)), Head(folder.Log, LogHeaderBytes));

    /// <summary>Called after the first read, which recovers the log.</summary>
    public bool HasLost(SqliteSession session)
    {
        if (_frames == 0)
            return false;

        var recovered = session.First("PRAGMA wal_checkpoint(PASSIVE)", row => row.Number(1));
        return _isSameLog ? recovered < _frames : recovered <= 0 && _copied < _frames;
    }

    private static byte[] Head(string path, int length)
    {
        if (!File.Exists(path))
            return [];
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var head = new byte[length];
        return head[..file.ReadAtLeast(head, length, throwOnEndOfStream: false)];
    }
}
