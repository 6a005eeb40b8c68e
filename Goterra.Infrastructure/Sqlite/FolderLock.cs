using System.Text;

namespace Goterra.Infrastructure.Sqlite;

/// <summary>
/// The lock of a data folder. Its content says whether a server has the database open: after a crash, the write-ahead
/// log must still be there.
/// </summary>
internal sealed class FolderLock : IDisposable
{
    // All of one length: a full disk must not prevent the change.
    private const string Open = "open   \n";
    private const string Closed = "closed \n";
    private const string Lost = "lost   \n";

    private readonly FileStream _file;
    private bool _isOpen;

    private FolderLock(FileStream file) => _file = file;

    /// <returns>Null if another process holds it.</returns>
    public static FolderLock? TryTake(string path) =>
        PrivateFiles.TryHold(path) is { } file ? new FolderLock(file) : null;

    /// <summary>Whether the last server did not close the database, or the loss of its log was found.</summary>
    public static bool IsOpen(string path) => Read(path) is Open or Lost;

    /// <summary>Whether a start found that the log had lost writes.</summary>
    public static bool IsLost(string path) => Read(path) == Lost;

    /// <summary>The log exists now, and stays until <see cref="MarkClosed"/>.</summary>
    public void MarkOpen()
    {
        Write(Open);
        _isOpen = true;
    }

    /// <summary>Called before the last connection is closed, which removes the log.</summary>
    public void MarkClosed()
    {
        if (_isOpen)
            Write(Closed);
        _isOpen = false;
    }

    /// <summary>The log is there and intact: the start may close the database again.</summary>
    public void MarkRecovered() => Write(Closed);

    public void MarkLost() => Write(Lost);

    public void Dispose() => _file.Dispose();

    private static string? Read(string path)
    {
        try
        {
            // Opened for shared reading: the lock may be held.
            using var file =
                new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var content = new byte[Open.Length];
            return Encoding.ASCII.GetString(
                content, 0, file.ReadAtLeast(content, content.Length, throwOnEndOfStream: false));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private void Write(string note)
    {
        try
        {
            RandomAccess.Write(_file.SafeFileHandle, Encoding.ASCII.GetBytes(note), fileOffset: 0);
            _file.Flush(flushToDisk: true);
        }
        catch (IOException)
        {
            // Nothing depends on it but the detection of a lost log.
        }
    }
}
