using Goterra.Infrastructure.Files;

namespace Goterra.Infrastructure.Sqlite;

internal sealed partial class DataFolder
{
    /// <summary>A start removes files without a row, so the folder must not be shared with anything else.</summary>
    private void RefuseForeign()
    {
        if (File.Exists(In("current")) && !File.Exists(Database))
            throw new StoreFolderException(
                $"data (GOT_DATA): {Path} was written by goterra-store 0.1.0, whose format this version cannot read. " +
                "Move it away, and create the deployments again.");
        if (FileStatus.Of(Path) is not null && !Directory.Exists(Path))
            throw new StoreFolderException($"data (GOT_DATA): {Path} is a file. Name a directory.");
        if (new DirectoryInfo(Path) is { Exists: false, LinkTarget: { } target })
            throw new StoreFolderException(
                $"data (GOT_DATA): {Path} is a symbolic link to {target}, which does not exist.");
        if (Known.Append("values").FirstOrDefault(name => new FileInfo(In(name)).LinkTarget is not null) is { } link)
            throw new StoreFolderException(
                $"data (GOT_DATA): {In(link)} is a symbolic link. " +
                "Only the whole data directory may be a symbolic link.");
        if (Known.FirstOrDefault(name => FileStatus.Of(In(name)) is { IsRegular: false }) is { } special)
            throw new StoreFolderException(
                $"data (GOT_DATA): {In(special)} is not a regular file. Move it away.");

        string[] foreign =
        [
            .. File.Exists(Database) ? [] : Entries(Path).Except(Known).Except(["values", "lost+found"]),
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
                $"data (GOT_DATA): {Path} contains files of a store, but its database goterra.db is missing or "
                + "empty. Put goterra.db back; or move the directory away, and restore a backup with: "
                + "goterra-store restore FILE");
    }

    /// <summary>Whether the log was removed after a crash, or a start found it damaged.</summary>
    public bool HasLostLog =>
        FolderLock.IsLost(LockFile) || (FolderLock.IsOpen(LockFile) && !File.Exists(Log));

    /// <summary>A server would go on without the last writes, and remove their files.</summary>
    private void RefuseLostLog()
    {
        if (HasLostLog)
            throw LostLog();
    }

    private void RefuseStore()
    {
        if (!IsEmpty || HasData)
            throw new StoreFolderException(
                $"data (GOT_DATA): {Path} already contains a store. Move it away, or use another directory with "
                + "--data. (If a restore was killed at its very end, it is complete.)");
    }

    public StoreFolderException LostLog() => new(
        $"data (GOT_DATA): the server that used {Path} did not stop cleanly, and the log {Log} was removed or "
        + "damaged since: the last writes are lost. Restore a backup into another directory; or, to go on without "
        + $"these writes, delete {LockFile} and start again.");

    /// <summary>Whether the database is missing or was never written.</summary>
    private bool IsEmpty => new FileInfo(Database) is not { Exists: true, Length: > 0 };

    /// <summary>Whether there are files that exist only after the first write to the database.</summary>
    private bool HasData => File.Exists(Log) || Reserve.Exists || Entries(Values).Any();
}
