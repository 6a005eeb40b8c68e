using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Goterra.Infrastructure.Sqlite;

/// <summary>
/// The folder of the embedded store. Only its owner may enter it, and one server at a time:
/// <code>
/// data/lock               held while a server uses the folder
/// data/goterra.db         the database, with goterra.db-wal and goterra.db-shm while it is open
/// data/values/            large values, a file each
/// data/reserve            room that deletions and expiry may use when the disk is full
/// data/backup             held while a backup is made: value files stay meanwhile
/// </code>
/// </summary>
internal sealed partial class DataFolder : IDisposable
{
    public const UnixFileMode OwnerReadsAndWrites = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private const UnixFileMode OwnerEnters = OwnerReadsAndWrites | UnixFileMode.UserExecute;
    private const int ReserveBytes = 1 << 20;
    private const int ProbeBytes = 1 << 18;

    private static readonly TimeSpan PinTimeout = TimeSpan.FromSeconds(2);

    private static readonly string[] Known = ["lock", "goterra.db", "goterra.db-wal", "goterra.db-shm", "goterra.db.new", "values", "reserve", "reserve.new", "backup"];

    private readonly FileStream? _lock;

    private DataFolder(string path, FileStream? held) => (Path, _lock) = (path, held);

    public string Path { get; }

    public string Database => In("goterra.db");

    public string Values => In("values");

    private string Reserve => In("reserve");

    private string Pin => In("backup");

    /// <summary>Makes the folder if it is missing and takes it for this process.</summary>
    /// <exception cref="StoreFolderException">It is in use, holds something else, or can't be written.</exception>
    public static DataFolder Take(string path)
    {
        var folder = Take(path, RefuseForeign);
        if (!File.Exists(folder.Database))
            CreateFile(folder.Database).Dispose();
        return folder;
    }

    /// <summary>The same with a folder that holds nothing yet but what a restore that was killed has left.</summary>
    /// <exception cref="StoreFolderException">It is in use, not empty, or can't be written.</exception>
    public static DataFolder TakeEmpty(string path) => Take(path, RefuseFilled);

    /// <summary>Looks at the folder of a store, whether a server uses it or not.</summary>
    /// <exception cref="StoreFolderException">There is no store in it.</exception>
    public static DataFolder Open(string path)
    {
        var folder = new DataFolder(path, held: null);
        RefuseForeign(path);
        return File.Exists(folder.Database) ? folder : throw new StoreFolderException($"'data': there is no store in {path}.");
    }

    public static FileStream CreateFile(string path) => new(path, OwnerOnly(FileMode.CreateNew, FileAccess.Write));

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
            using (var file = new FileStream(draft, OwnerOnly(FileMode.Create, FileAccess.Write)))
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

    /// <summary>While it is held, value files stay.</summary>
    /// <exception cref="StoreFolderException">Another backup is being made.</exception>
    public IDisposable PinValues()
    {
        // A server that looks whether the file of a backup that was killed is still held holds it for a moment.
        FileStream? held = null;
        return SpinWait.SpinUntil(() => (held = Hold(Pin, FileMode.OpenOrCreate, FileOptions.DeleteOnClose)) is not null, PinTimeout)
            ? held!
            : throw new StoreFolderException($"Another backup of {Path} is being made. Wait until it is done.");
    }

    /// <summary>Whether a backup is being made. The file alone does not tell: a backup that was killed leaves it.</summary>
    public bool IsPinned()
    {
        if (!File.Exists(Pin))
            return false;
        try
        {
            using var held = Hold(Pin, FileMode.Open);
            return held is null;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
    }

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

    private static FileStream? Hold(string path, FileMode mode = FileMode.OpenOrCreate, FileOptions options = FileOptions.None)
    {
        try
        {
            var open = OwnerOnly(mode, FileAccess.ReadWrite);
            open.Options = options;
            return new FileStream(path, open);
        }
        catch (IOException e) when (IsHeld(e))
        {
            return null;
        }
    }

    // EWOULDBLOCK of the lock that FileShare.None takes: 11 on Linux, 35 on macOS; a sharing violation on Windows.
    private static bool IsHeld(IOException e) => e.HResult is 11 or 35 || (e.HResult & 0xFFFF) == 32;

    private static FileStreamOptions OwnerOnly(FileMode mode, FileAccess access)
    {
        var options = new FileStreamOptions { Mode = mode, Access = access, Share = FileShare.None };
        if (!OperatingSystem.IsWindows() && mode != FileMode.Open)
            options.UnixCreateMode = OwnerReadsAndWrites;
        return options;
    }

    private static void MakeFolder(string path)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(path);
        else
            Directory.CreateDirectory(path, OwnerEnters);
    }

    /// <summary>Files that no value names are removed at the start: not in a folder that something else uses.</summary>
    private static void RefuseForeign(string path)
    {
        if (!Directory.Exists(path) || File.Exists(System.IO.Path.Combine(path, "goterra.db")))
            return;
        if (File.Exists(System.IO.Path.Combine(path, "current")))
        {
            throw new StoreFolderException(
                $"'data': {path} was written by goterra-store 0.1.0, whose format this version does not read. Move it away; deployments have to be created anew.");
        }

        if (Directory.EnumerateFileSystemEntries(path).Any(entry => !Known.Contains(System.IO.Path.GetFileName(entry))))
            throw new StoreFolderException($"'data': the folder {path} holds files of something else. Name a folder that is empty or missing.");
    }

    private static void RefuseFilled(string path)
    {
        if (Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories).Any(entry => System.IO.Path.GetFileName(entry) is not ("lock" or "goterra.db.new" or "goterra.db.new-journal")))
            throw new StoreFolderException($"'data': the folder {path} is not empty. Move what is in it away, or name another folder with --data.");
    }

    private static DataFolder Take(string path, Action<string> refuse)
    {
        try
        {
            MakeFolder(path);
            refuse(path);
            var held = Hold(System.IO.Path.Combine(path, "lock"))
                ?? throw new StoreFolderException($"'data': another goterra-store uses the folder {path}. Stop that one, or name another folder.");
            var folder = new DataFolder(path, held);
            MakeFolder(folder.Values);
            return folder;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StoreFolderException($"'data': the folder {path} can't be used: {e.Message.TrimEnd('.')}. It must be writable for the user that runs the server.", e);
        }
    }

    private string In(string name) => System.IO.Path.Combine(Path, name);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [SuppressMessage("Security", "CA5392", Justification = "libc is the process's own.")]
    private static partial int Open(string path, int flags);
}
