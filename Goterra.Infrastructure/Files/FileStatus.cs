using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace Goterra.Infrastructure.Files;

/// <summary>
/// What .NET does not tell of a path: whether it is a regular file, and which one. Elsewhere than on Linux every file
/// counts as regular, and as the same.
/// </summary>
public readonly partial record struct FileStatus(bool IsRegular, ulong Device, ulong Inode)
{
    private const int WorkingDirectory = -100;
    private const uint BasicStatus = 0x7ff;
    private const int NoEntry = 2;
    private const int NotADirectory = 20;
    private const int TypeMask = 0xF000;
    private const int RegularType = 0x8000;

    /// <returns>Null if it is missing. Symbolic links are followed.</returns>
    public static FileStatus? Of(string path)
    {
        try
        {
            if (OperatingSystem.IsLinux())
            {
                // struct statx: the mode is at 28, the inode at 32, the device at 136.
                var status = new byte[256];
                if (Query(WorkingDirectory, path, flags: 0, BasicStatus, status) == 0)
                    return new FileStatus(
                        (BitConverter.ToUInt16(status, 28) & TypeMask) == RegularType,
                        BitConverter.ToUInt64(status, 136),
                        BitConverter.ToUInt64(status, 32));
                if (Marshal.GetLastPInvokeError() is NoEntry or NotADirectory)
                    return null;
            }
        }
        catch (EntryPointNotFoundException)
        {
            // An old libc.
        }

        return File.Exists(path) ? new FileStatus(IsRegular: true, 0, 0)
            : Directory.Exists(path) ? default(FileStatus)
            : null;
    }

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [SuppressMessage("Security", "CA5392", Justification = "libc is the process's own.")]
    private static partial int Query(int folder, string path, int flags, uint mask, [Out] byte[] status);
}
