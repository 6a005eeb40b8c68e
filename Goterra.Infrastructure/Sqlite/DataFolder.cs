using Goterra.Infrastructure.Files;
using static System.IO.Path;

namespace Goterra.Infrastructure.Sqlite;

/// <summary>
/// The folder of the embedded store. Only its owner may enter it, and one server at a time:
/// <code>
/// data/lock               held while a server uses the folder; says whether the database is open
/// data/goterra.db         the database, with goterra.db-wal and goterra.db-shm while it is open
/// data/goterra.db.new     a restore that is not complete
/// data/values/            large values, a file each
/// data/reserve            room that deletions and expiry may use when the disk is full
/// data/backup             held while a backup is made: value files stay meanwhile
/// </code>
/// </summary>
internal sealed partial class DataFolder : IDisposable
{
    private static readonly TimeSpan PinTimeout = TimeSpan.FromSeconds(5);

    private static readonly string[] Known =
    [
        "lock", "goterra.db", "goterra.db-journal", "goterra.db-wal", "goterra.db-shm", "goterra.db.new",
        "reserve", "reserve.new", "backup",
    ];

    private FolderLock? _lock;
    private (FileStatus? Database, FileStatus? Lock) _taken;

    private DataFolder(string path) => (Path, Reserve) = (path, new DiskReserve(Combine(path, "reserve")));

    public string Path { get; }

    public string Database => In("goterra.db");

    public string Draft => In("goterra.db.new");

    public string Log => In("goterra.db-wal");

    public string SharedMemory => In("goterra.db-shm");

    public string LockFile => In("lock");

    public string Values => In("values");

    public DiskReserve Reserve { get; }

    public FolderLock Lock => _lock ?? throw new InvalidOperationException("The folder is not locked.");

    /// <summary>Creates the folder if it is missing and locks it for this process.</summary>
    /// <exception cref="StoreFolderException">
    /// It is in use, holds something else or a store without its database, or cannot be written.
    /// </exception>
    public static DataFolder Take(string path)
    {
        var folder = Take(path, folder =>
        {
            folder.RefuseIncomplete();
            folder.RefuseLostLog();
        });
        if (!File.Exists(folder.Database))
            PrivateFiles.CreateFile(folder.Database).Dispose();
        folder._taken = (FileStatus.Of(folder.Database), FileStatus.Of(folder.LockFile));
        return folder;
    }

    /// <summary>
    /// The same for a folder without data. It may contain leftovers of an interrupted restore or first start.
    /// </summary>
    /// <exception cref="StoreFolderException">It is in use, not empty, or cannot be written.</exception>
    public static DataFolder TakeEmpty(string path)
    {
        var folder = Take(path, folder => folder.RefuseStore());
        folder.Lock.MarkRecovered();
        return folder;
    }

    /// <summary>Opens the folder of a store without locking it; a server may be using it.</summary>
    /// <exception cref="StoreFolderException">There is no store in it.</exception>
    public static DataFolder Open(string path)
    {
        var folder = new DataFolder(path);
        folder.RefuseForeign();
        folder.RefuseIncomplete();
        return folder.IsEmpty
            ? throw new StoreFolderException($"data (GOT_DATA): there is no store in {path}.")
            : folder;
    }

    /// <summary>Whether it is the name of a value's file: 32 lower-case hexadecimal digits.</summary>
    public static bool IsValueFile(string name) => name.Length == 32 && name.All(char.IsAsciiHexDigitLower);

    /// <returns>What happened to the folder while it is in use; null if it is still there.</returns>
    public string? FindRemoval() =>
        FileStatus.Of(Database) != _taken.Database ? $"{Database} was removed or replaced"
        : FileStatus.Of(LockFile) != _taken.Lock ? $"{LockFile} was removed or replaced"
        : null;

    /// <summary>Keeps value files from being removed, or backups from starting while some are removed.</summary>
    /// <returns>Null if another process holds the lock.</returns>
    public IDisposable? TryPin() => PrivateFiles.TryHold(In("backup"));

    /// <summary>The same for a backup, which waits for a server that is removing files.</summary>
    /// <exception cref="StoreFolderException">Another backup is running.</exception>
    public IDisposable Pin()
    {
        IDisposable? held = null;
        return SpinWait.SpinUntil(() => (held = TryPin()) is not null, PinTimeout) && held is not null
            ? held
            : throw new StoreFolderException($"Another backup of {Path} is in progress. Wait until it is done.");
    }

    /// <summary>Whether a newly created file is in this folder, through any links.</summary>
    public bool Contains(string name) => Directory
        .EnumerateFiles(
            Path,
            "*",
            new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint })
        .Any(path => GetFileName(path) == name);

    /// <summary>Called before the database is closed.</summary>
    public void MarkClosed() => _lock?.MarkClosed();

    public void Dispose() => _lock?.Dispose();

    private static DataFolder Take(string path, Action<DataFolder> refuse)
    {
        var folder = new DataFolder(path);
        try
        {
            folder.RefuseForeign();
            refuse(folder);
            PrivateFiles.MakeFolder(path);
            folder._lock = FolderLock.TryTake(folder.LockFile)
                ?? throw new StoreFolderException(
                    $"data (GOT_DATA): another goterra-store uses {path}. Stop it, or use another directory.");

            // Checked again under the lock: another process may have filled it meanwhile.
            refuse(folder);
            PrivateFiles.MakeFolder(folder.Values);
            folder.CloseToOthers();

            // Created now by the server's user: a backup that runs as root must not create it.
            folder.TryPin()?.Dispose();
            return folder;
        }
        catch (Exception e)
        {
            folder.Dispose();
            if (e is not (IOException or UnauthorizedAccessException))
                throw;
            throw new StoreFolderException(
                $"data (GOT_DATA): {path} cannot be used: {e.Message.TrimEnd('.')}. " +
                "It must be writable for the user that runs the server.",
                e);
        }
    }

    private void CloseToOthers()
    {
        foreach (var file in Known.Select(In).Concat(Directory.EnumerateFiles(Values)).Where(File.Exists))
            PrivateFiles.CloseToOthers(file);
    }

    private string In(string name) => Combine(Path, name);

    private static IEnumerable<string> Entries(string folder) =>
        Directory.Exists(folder)
            ? new DirectoryInfo(folder).EnumerateFileSystemInfos().Select(entry => entry.Name)
            : [];
}
