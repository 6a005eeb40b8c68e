using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
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
internal sealed partial class DataFolder : IDisposable
{
    private const UnixFileMode OwnerReadsAndWrites = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const int ReserveBytes = 1 << 20;
    private const int ProbeBytes = 1 << 18;

    private static readonly TimeSpan PinTimeout = TimeSpan.FromSeconds(5);

    private static readonly string[] Known =
        ["lock", "goterra.db", "goterra.db-journal", "goterra.db-wal", "goterra.db-shm", "goterra.db.new", "values", "reserve", "reserve.new", "backup"];

    private FileStream? _lock;

    private DataFolder(string path) => Path = path;

    public string Path { get; }

    public string Database => In("goterra.db");

    public string Draft => In("goterra.db.new");

    public string Log => In("goterra.db-wal");

    public string Values => In("values");

    private string Reserve => In("reserve");

    /// <summary>Makes the folder if it is missing and takes it for this process.</summary>
    /// <exception cref="StoreFolderException">It is in use, holds something else or a store without its database, or can't be written.</exception>
    public static DataFolder Take(string path)
    {
        var folder = Take(path, folder => folder.RefuseIncomplete());
        if (!File.Exists(folder.Database))
            CreateFile(folder.Database).Dispose();
        return folder;
    }

    /// <summary>The same with a folder that has no data yet. What a restore or a first start that was killed has left may be in it.</summary>
    /// <exception cref="StoreFolderException">It is in use, not empty, or can't be written.</exception>
    public static DataFolder TakeEmpty(string path) => Take(path, folder => folder.RefuseStore());

    /// <summary>Looks at the folder of a store, whether a server uses it or not.</summary>
    /// <exception cref="StoreFolderException">There is no store in it.</exception>
    public static DataFolder Open(string path)
    {
        var folder = new DataFolder(path);
        folder.RefuseForeign();
        folder.RefuseIncomplete();
        return folder.IsEmpty ? throw new StoreFolderException($"'data': there is no store in {path}.") : folder;
    }

    /// <summary>Opens a file for its owner, and for this process alone.</summary>
    public static FileStream CreateFile(string path, FileMode mode = FileMode.CreateNew)
    {
        var options = new FileStreamOptions { Mode = mode, Access = FileAccess.ReadWrite, Share = FileShare.None };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = OwnerReadsAndWrites;
        return new FileStream(path, options);
    }

    /// <summary>Whether a file can be one of a value: 32 lower-case hexadecimal digits.</summary>
    public static bool IsValueFile(string name) => name.Length == 32 && name.All(char.IsAsciiHexDigitLower);

    /// <summary>The room that was kept has been used: only what makes room may write.</summary>
    public bool IsReserveSpent { get; private set; }

    /// <summary>Keeps a piece of the disk for deletions; where it is kept already, finds out whether there is room for a small value beside it.</summary>
    /// <exception cref="IOException">There is none.</exception>
    public void FillReserve()
    {
        IsReserveSpent |= !File.Exists(Reserve);
        var draft = Reserve + ".new";
        try
        {
            using (var file = CreateFile(draft, FileMode.Create))
            {
                // Written, and not only allocated: a file system may promise room that it does not have.
                file.Write(new byte[IsReserveSpent ? ReserveBytes : ProbeBytes]);
                file.Flush(flushToDisk: true);
            }

            if (IsReserveSpent)
                File.Move(draft, Reserve, overwrite: true);
            else
                File.Delete(draft);
            IsReserveSpent = false;
        }
        catch
        {
            File.Delete(draft);
            throw;
        }
    }

    /// <returns>Whether there was something to spend.</returns>
    public bool TrySpendReserve()
    {
        try
        {
            var kept = File.Exists(Reserve);
            File.Delete(Reserve);
            IsReserveSpent = true;
            return kept;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Holds value files in place, or keeps backups from doing so while some are removed.</summary>
    /// <returns>Null where another process does.</returns>
    public IDisposable? TryPin() => TryHold(In("backup"));

    /// <summary>The same for a backup, which waits for a server that is removing files.</summary>
    /// <exception cref="StoreFolderException">Another backup is being made.</exception>
    public IDisposable Pin()
    {
        IDisposable? held = null;
        return SpinWait.SpinUntil(() => (held = TryPin()) is not null, PinTimeout) && held is not null
            ? held
            : throw new StoreFolderException($"Another backup of {Path} is being made. Wait until it is done.");
    }

    /// <summary>Whether a file that was made somewhere is in this folder, through whatever links.</summary>
    public bool Contains(string name) => Directory
        .EnumerateFiles(Path, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint })
        .Any(path => GetFileName(path) == name);

    /// <summary>Makes the names of new files in a folder last.</summary>
    public static void Flush(string folder)
    {
        if (OperatingSystem.IsWindows())
            return;

        using var handle = new SafeFileHandle(Open(folder, flags: 0), ownsHandle: true);
        if (handle.IsInvalid)
            throw new IOException($"Could not open the folder {folder}: {Marshal.GetLastPInvokeErrorMessage()}.");
        RandomAccess.FlushToDisk(handle);
    }

    public void Dispose() => _lock?.Dispose();

    private static FileStream? TryHold(string path)
    {
        try
        {
            return CreateFile(path, FileMode.OpenOrCreate);
        }
        catch (IOException e) when (e.HResult is 11 or 35 || (e.HResult & 0xFFFF) == 32)
        {
            // EWOULDBLOCK of the lock that FileShare.None takes: 11 on Linux, 35 on macOS; a sharing violation on Windows.
            return null;
        }
    }

    private static void MakeFolder(string path)
    {
        if (Directory.Exists(path))
            return;
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(path);
        else
            Directory.CreateDirectory(path, OwnerReadsAndWrites | UnixFileMode.UserExecute);
        Flush(GetDirectoryName(GetFullPath(path)) ?? path);
    }

    private static DataFolder Take(string path, Action<DataFolder> refuse)
    {
        var folder = new DataFolder(path);
        try
        {
            folder.RefuseForeign();
            refuse(folder);
            MakeFolder(path);
            folder._lock = TryHold(folder.In("lock"))
                ?? throw new StoreFolderException($"'data': another goterra-store uses the folder {path}. Stop that one, or name another folder.");

            // Once more: until now, another process may have filled it.
            refuse(folder);
            MakeFolder(folder.Values);

            // Now, and so by the user of the server: a backup that root makes must not be the first to.
            folder.TryPin()?.Dispose();
            return folder;
        }
        catch (Exception e)
        {
            folder.Dispose();
            if (e is not (IOException or UnauthorizedAccessException))
                throw;
            throw new StoreFolderException($"'data': the folder {path} can't be used: {e.Message.TrimEnd('.')}. It must be writable for the user that runs the server.", e);
        }
    }

    /// <summary>Files that no row names are removed at the start: not in a folder that something else uses.</summary>
    private void RefuseForeign()
    {
        if (File.Exists(In("current")) && !File.Exists(Database))
            throw new StoreFolderException($"'data': {Path} was written by goterra-store 0.1.0, whose format this version does not read. Move it away; deployments have to be created anew.");
        if (new DirectoryInfo(Values).LinkTarget is not null)
            throw new StoreFolderException($"'data': {Values} is a symbolic link. The whole folder may be one, or be moved, but not a part of it.");

        string[] foreign =
        [
            .. File.Exists(Database) ? [] : Entries(Path).Except(Known),
            .. Entries(Values).Where(name => !IsValueFile(name)).Select(name => "values/" + name),
        ];
        if (foreign.Length > 0)
            throw new StoreFolderException($"'data': the folder {Path} holds files of something else ({string.Join(", ", foreign.Take(3))}{(foreign.Length > 3 ? "..." : "")}). Move them away, or name a folder that is empty or missing.");
    }

    /// <summary>A server would begin anew in it, and remove the value files.</summary>
    private void RefuseIncomplete()
    {
        if (IsEmpty && File.Exists(Draft))
            throw new StoreFolderException($"'data': a restore into {Path} was interrupted. Repeat it with: goterra-store restore FILE");
        if (IsEmpty && HasData)
            throw new StoreFolderException($"'data': {Path} holds files of a store, but its database goterra.db is missing or empty. Bring it back; or move the folder away, and restore a backup with: goterra-store restore FILE");
    }

    private void RefuseStore()
    {
        if (!IsEmpty || HasData)
            throw new StoreFolderException($"'data': there is a store in {Path} already. Move it away, or name another folder with --data. (If it is there because a restore was killed at its end: it is complete.)");
    }

    /// <summary>Nothing was written to the database yet.</summary>
    private bool IsEmpty => new FileInfo(Database) is not { Exists: true, Length: > 0 };

    /// <summary>What comes after the first write to the database.</summary>
    private bool HasData => File.Exists(Log) || File.Exists(Reserve) || Entries(Values).Any();

    private string In(string name) => Combine(Path, name);

    private static IEnumerable<string> Entries(string folder) =>
        Directory.Exists(folder) ? new DirectoryInfo(folder).EnumerateFileSystemInfos().Select(entry => entry.Name) : [];

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [SuppressMessage("Security", "CA5392", Justification = "libc is the process's own.")]
    private static partial int Open(string path, int flags);
}
