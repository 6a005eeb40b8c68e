using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Goterra.Infrastructure.Sqlite;

/// <summary>Files and folders that only their owner may access.</summary>
internal static partial class PrivateFiles
{
    private const UnixFileMode OwnerReadsAndWrites = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Opens a file exclusively.</summary>
    public static FileStream CreateFile(
        string path, FileMode mode = FileMode.CreateNew, FileOptions flags = FileOptions.None)
    {
        var options = new FileStreamOptions
        {
            Mode = mode,
            Access = FileAccess.ReadWrite,
            Share = FileShare.None,
            Options = flags,
        };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = OwnerReadsAndWrites;
        return new FileStream(path, options);
    }

    /// <summary>Opens a file exclusively, as a lock.</summary>
    /// <returns>Null if another process holds it.</returns>
    public static FileStream? TryHold(string path, FileOptions flags = FileOptions.None)
    {
        try
        {
            return CreateFile(path, FileMode.OpenOrCreate, flags);
        }
        catch (IOException e) when (e.HResult is 11 or 35 || (e.HResult & 0xFFFF) == 32)
        {
            // EWOULDBLOCK of the lock that FileShare.None takes: 11 on Linux, 35 on macOS; a sharing violation on
            // Windows.
            return null;
        }
    }

    /// <summary>Takes the access to a file away from others.</summary>
    public static void CloseToOthers(string path)
    {
        try
        {
            if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & ~OwnerReadsAndWrites) != 0)
                File.SetUnixFileMode(path, OwnerReadsAndWrites);
        }
        catch (UnauthorizedAccessException)
        {
            // The folder is closed; some file systems have no modes.
        }
    }

    /// <summary>Creates a folder durably. If it exists, others lose their access to it.</summary>
    public static void MakeFolder(string path)
    {
        const UnixFileMode ownerOnly = OwnerReadsAndWrites | UnixFileMode.UserExecute;
        if (Directory.Exists(path))
        {
            if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & ~ownerOnly) != 0)
                File.SetUnixFileMode(path, ownerOnly);
            return;
        }

        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(path);
        else
            Directory.CreateDirectory(path, ownerOnly);
        Flush(Path.GetDirectoryName(Path.GetFullPath(path)) ?? path);
    }

    /// <summary>Makes new directory entries durable.</summary>
    public static void Flush(string folder)
    {
        if (OperatingSystem.IsWindows())
            return;

        using var handle = new SafeFileHandle(Open(folder, flags: 0), ownsHandle: true);
        if (handle.IsInvalid)
            throw new IOException($"Could not open the folder {folder}: {Marshal.GetLastPInvokeErrorMessage()}.");
        RandomAccess.FlushToDisk(handle);
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [SuppressMessage("Security", "CA5392", Justification = "libc is the process's own.")]
    private static partial int Open(string path, int flags);
}
