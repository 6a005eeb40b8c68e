using System.Buffers.Binary;
using Goterra.Infrastructure.Files;
using Goterra.Infrastructure.Sqlite;

namespace Goterra.Infrastructure.Maintenance;

/// <summary>A file that is a backup, or becomes one.</summary>
internal static class BackupFile
{
    private const int HeadBytes = 100;
    private const int PageSizeOffset = 16;
    private const int WriteVersionOffset = 18;
    private const int PageCountOffset = 28;
    private const int ApplicationIdOffset = 68;
    private const int WithLog = 2;

    /// <summary>Refuses what is not, and cannot become, a regular file.</summary>
    /// <returns>The full path, through symbolic links.</returns>
    public static string Target(string file)
    {
        var status = FileStatus.Of(file);
        var path = new FileInfo(file) is { LinkTarget: not null } link
            ? link.ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? file
            : Path.GetFullPath(file);
        if (Directory.Exists(path))
            throw new StoreFolderException($"{file} is a directory. Name a file in it.");
        if (status is { IsRegular: false })
            throw new StoreFolderException($"{file} is a device or a pipe. A backup is written to a regular file.");
        if (!Directory.Exists(Path.GetDirectoryName(path)))
            throw new StoreFolderException($"Directory {Path.GetDirectoryName(path)} does not exist. Create it first.");
        return path;
    }

    /// <summary>Refuses to replace anything but a backup.</summary>
    public static void RefuseToReplace(string file)
    {
        if (File.Exists(file) && !(Head(file) is { } head && IsOurs(head) && head[WriteVersionOffset] != WithLog))
            throw new StoreFolderException(
                $"{file} exists and is not a backup of goterra-store. Remove it, or name another file.");
    }

    /// <summary>Holds the lock of backups to this file, and removes what killed ones left.</summary>
    public static IDisposable Hold(string file)
    {
        var path = file + ".lock";
        if (new FileInfo(path) is { LinkTarget: not null } or { Exists: true, Length: > 0 }
            || FileStatus.Of(path) is { IsRegular: false })
            throw new StoreFolderException(
                $"{path} is needed as the lock file of the backup, but another file has this name. Move it away.");

        var held = PrivateFiles.TryHold(path, FileOptions.DeleteOnClose)
            ?? throw new StoreFolderException(
                $"Another backup to {file} is in progress. Wait until it is done, or use another file.");
        foreach (var rest in Directory.EnumerateFiles(Path.GetDirectoryName(file) ?? "."))
        {
            if (rest.StartsWith(file, StringComparison.Ordinal) && IsDraft(rest[file.Length..]))
                File.Delete(rest);
        }

        return held;
    }

    /// <summary>Checks the head and the length before anything is copied.</summary>
    public static void RefuseOthers(string file)
    {
        if (FileStatus.Of(file) is not { } status)
            throw new StoreFolderException($"File not found: {file}");
        if (Directory.Exists(file))
            throw new StoreFolderException($"{file} is a directory. Name the backup in it.");
        if (!status.IsRegular)
            throw new StoreFolderException($"{file} is a device or a pipe. Copy the backup to a file first.");
        if (Head(file) is not { } head || !IsOurs(head))
            throw new StoreFolderException($"{file} is not a backup of goterra-store. Restore another file.");
        if (Missing(file) is > 0 and var missing)
            throw new StoreFolderException(
                $"{file} is truncated: its last {missing} bytes are missing. Restore another backup.");
    }

    /// <summary>How many bytes are missing at the end of a database; 0 if it is none.</summary>
    public static long Missing(string file)
    {
        if (Head(file) is not { } head)
            return 0;

        // The value 1 means 65536, which does not fit into two bytes (SQLite file format, 1.3.2).
        var pageSize = BinaryPrimitives.ReadUInt16BigEndian(head.AsSpan(PageSizeOffset)) is not 1 and var size
            ? size
            : 1 << 16;
        var pages = BinaryPrimitives.ReadUInt32BigEndian(head.AsSpan(PageCountOffset));
        return Math.Max(0, (pages * (long)pageSize) - new FileInfo(file).Length);
    }

    private static bool IsOurs(byte[] head) =>
        head.AsSpan().StartsWith("SQLite format 3\0"u8)
        && BinaryPrimitives.ReadUInt32BigEndian(head.AsSpan(ApplicationIdOffset)) == SqliteSchema.ApplicationId;

    private static bool IsDraft(string suffix) =>
        (suffix.EndsWith(".new", StringComparison.Ordinal) || suffix.EndsWith(".new-journal", StringComparison.Ordinal))
        && suffix.Split('.') is ["", { Length: 8 } random, _] && random.All(char.IsAsciiHexDigitLower);

    /// <returns>Null for a shorter file.</returns>
    private static byte[]? Head(string file)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var head = new byte[HeadBytes];
        return stream.ReadAtLeast(head, HeadBytes, throwOnEndOfStream: false) == HeadBytes ? head : null;
    }
}
