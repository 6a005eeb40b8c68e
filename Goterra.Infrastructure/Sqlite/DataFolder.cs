using static System.IO.Path;

namespace Goterra.Infrastructure.Sqlite;

/// <summary>
/// The folder of the embedded store. Only its owner may enter it, and one server at a time:
/// <code>
/// data/lock               held while a server uses the folder
/// data/goterra.db         the database, with goterra.db-wal and goterra.db-shm while it is open
/// data/goterra.db.new     a restore that is not complete
/// data/values/            large values, a file each
/// data/reserve            room that deletions and expiry may use when the disk is full
/// data/backup             held while a backup is made: value files stay meanwhile
/// </code>
/// </summary>
internal sealed class DataFolder : IDisposable
{
    private static readonly TimeSpan PinTimeout = TimeSpan.FromSeconds(5);

    private static readonly string[] Known =
    [
        "lock", "goterra.db", "goterra.db-journal", "goterra.db-wal", "goterra.db-shm", "goterra.db.new",
        "values", "reserve", "reserve.new", "backup",
    ];

    private FileStream? _lock;

    private DataFolder(string path) => (Path, Reserve) = (path, new DiskReserve(Combine(path, "reserve")));

    public string Path { get; }

    public string Database => In("goterra.db");

    public string Draft => In("goterra.db.new");

    public string Log => In("goterra.db-wal");

    public string Values => In("values");

    public DiskReserve Reserve { get; }

    /// <summary>Creates the folder if it is missing and locks it for this process.</summary>
    /// <exception cref="StoreFolderException">
    /// It is in use, holds something else or a store without its database, or cannot be written.
    /// </exception>
    public static DataFolder Take(string path)
    {
        var folder = Take(path, folder => folder.RefuseIncomplete());
        if (!File.Exists(folder.Database))
            PrivateFiles.CreateFile(folder.Database).Dispose();
        return folder;
    }

    /// <summary>
    /// The same for a folder without data. It may contain leftovers of an interrupted restore or first start.
    /// </summary>
    /// <exception cref="StoreFolderException">It is in use, not empty, or cannot be written.</exception>
    public static DataFolder TakeEmpty(string path) => Take(path, folder => folder.RefuseStore());

    /// <summary>Opens the folder of a store without locking it; a server may be using it.</summary>
    /// <exception cref="StoreFolderException">There is no store in it.</exception>
    public static DataFolder Open(string path)
    {
        var folder = new DataFolder(path);
        folder.RefuseForeign();
        folder.RefuseIncomplete();
        return folder.IsEmpty ? throw new StoreFolderException($"data (GOT_DATA): there is no store in {path}.") : folder;
    }

    /// <summary>Whether it is the name of a value's file: 32 lower-case hexadecimal digits.</summary>
    public static bool IsValueFile(string name) => name.Length == 32 && name.All(char.IsAsciiHexDigitLower);

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

    public void Dispose() => _lock?.Dispose();

    private static DataFolder Take(string path, Action<DataFolder> refuse)
    {
        var folder = new DataFolder(path);
        try
        {
            folder.RefuseForeign();
            refuse(folder);
            PrivateFiles.MakeFolder(path);
            folder._lock = PrivateFiles.TryHold(folder.In("lock"))
                ?? throw new StoreFolderException(
                    $"data (GOT_DATA): another goterra-store uses {path}. Stop it, or use another directory.");

            // Checked again under the lock: another process may have filled it meanwhile.
            refuse(folder);
            PrivateFiles.MakeFolder(folder.Values);

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

    /// <summary>A start removes files without a row, so the folder must not be shared with anything else.</summary>
    private void RefuseForeign()
    {
        if (File.Exists(In("current")) && !File.Exists(Database))
            throw new StoreFolderException(
                $"data (GOT_DATA): {Path} was written by goterra-store 0.1.0, whose format this version cannot read. " +
                "Move it away, and create the deployments again.");
        if (new DirectoryInfo(Values).LinkTarget is not null)
            throw new StoreFolderException(
                $"data (GOT_DATA): {Values} is a symbolic link. " +
                "Only the whole data directory may be a symbolic link.");

        string[] foreign =
        [
            .. File.Exists(Database) ? [] : Entries(Path).Except(Known),
            .. Entries(Values).Where(name => !IsValueFile(name)).Select(name => "values/" + name),
        ];
        if (foreign.Length > 0)
            throw new StoreFolderException(
                $"data (GOT_DATA): {Path} contains unrelated files " +
                $"({string.Join(", ", foreign.Take(3))}{(foreign.Length > 3 ? "..." : "")}). " +
                "Move them away, or use a directory that is empty or missing.");
    }

    /// <summary>A server would start with an empty database and remove the value files.</summary>
    private void RefuseIncomplete()
    {
        if (IsEmpty && File.Exists(Draft))
            throw new StoreFolderException(
                $"data (GOT_DATA): a restore into {Path} was interrupted. Repeat it with: goterra-store restore FILE");
        if (IsEmpty && HasData)
            throw new StoreFolderException(
                $"data (GOT_DATA): {Path} contains files of a store, but its database goterra.db is missing or empty. " +
                "Put goterra.db back; or move the directory away, and restore a backup with: goterra-store restore FILE");
    }

    private void RefuseStore()
    {
        if (!IsEmpty || HasData)
            throw new StoreFolderException(
                $"data (GOT_DATA): {Path} already contains a store. Move it away, or use another directory with --data. " +
                "(If a restore was killed at its very end, it is complete.)");
    }

    /// <summary>Whether the database is missing or was never written.</summary>
    private bool IsEmpty => new FileInfo(Database) is not { Exists: true, Length: > 0 };

    /// <summary>Whether there are files that exist only after the first write to the database.</summary>
    private bool HasData => File.Exists(Log) || Reserve.Exists || Entries(Values).Any();

    private string In(string name) => Combine(Path, name);

    private static IEnumerable<string> Entries(string folder) =>
        Directory.Exists(folder)
            ? new DirectoryInfo(folder).EnumerateFileSystemInfos().Select(entry => entry.Name)
            : [];
}
