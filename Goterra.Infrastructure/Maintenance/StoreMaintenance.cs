using System.Security.Cryptography;
using Goterra.Core.Deployments;
using Goterra.Infrastructure.Encryption;
using Goterra.Infrastructure.Sqlite;
using Microsoft.Data.Sqlite;

namespace Goterra.Infrastructure.Maintenance;

/// <summary>
/// Backup, restore and check of the embedded store. A backup is a single SQLite database that includes large values.
/// </summary>
/// <exception cref="StoreFolderException">Thrown by each method if the folder or the file is not usable.</exception>
/// <exception cref="IOException">Thrown by each method if something cannot be read or written.</exception>
public static class StoreMaintenance
{
    /// <summary>
    /// Makes a consistent copy of the store, whether or not a server is using it. The file appears when it is complete
    /// and replaces an older one.
    /// </summary>
    public static StoreSummary Backup(string dataFolder, string file)
    {
        using var folder = DataFolder.Open(dataFolder);
        file = BackupFile.Target(file);
        using var pin = IsReadOnly(folder) ? null : folder.Pin();
        var draft = $"{file}.{RandomNumberGenerator.GetHexString(8, lowercase: true)}.new";
        try
        {
            using var turn = BackupFile.Hold(file);
            PrivateFiles.CreateFile(draft).Dispose();
            if (folder.Contains(Path.GetFileName(draft)))
                throw new StoreFolderException($"{file} is in the data directory itself. Use a file outside of it.");
            BackupFile.RefuseToReplace(file);

            using (var session = Connect(folder))
                session.Execute("VACUUM INTO ?1", draft);
            StoreSummary summary;
            using (var session = ConnectToDraft(draft))
            {
                InlineFiles(session, folder);
                summary = Summarize(session);
            }

            Publish(draft, file);
            return summary;
        }
        catch (Exception e)
        {
            File.Delete(draft);
            File.Delete(draft + "-journal");
            throw SqliteFaults.Translate(e) is StoreDamagedException
                ? new StoreFolderException(
                    $"{dataFolder}: the store is damaged; no backup was made. For details: " +
                    "goterra-store check",
                    e)
                : Explain(e, file);
        }
    }

    /// <summary>Restores a backup into an empty or missing folder.</summary>
    /// <param name="revoke">Renews every epoch, which invalidates all tokens and tickets of the backup.</param>
    public static StoreSummary Restore(string file, string dataFolder, bool revoke)
    {
        BackupFile.RefuseOthers(file);
        if (new FileInfo(file + "-wal") is { Exists: true, Length: > 0 })
            throw NoBackup(file);

        using var folder = DataFolder.TakeEmpty(dataFolder);
        try
        {
            File.Delete(folder.Draft);
            using (var source = File.OpenRead(file))
            using (var target = PrivateFiles.CreateFile(folder.Draft))
                source.CopyTo(target);
            StoreSummary summary;
            using (var session = ConnectToDraft(folder.Draft))
            {
                if (SqliteSchema.ReadVersion(session, SqliteSchema.Versions.Count, file) == 0)
                    throw new StoreFolderException($"{file} is empty. Restore another backup.");
                if (StoreInspection.FindDamage(session) is [var damage, ..])
                    throw new StoreFolderException($"The backup {file} is damaged ({damage}). Restore another one.");
                if (session.First("SELECT 1 FROM \"values\" WHERE file IS NOT NULL LIMIT 1", _ => true))
                    throw NoBackup(file);
                if (revoke)
                    Revoke(session);
                summary = Summarize(session);
            }

            Publish(folder.Draft, folder.Database);
            return summary;
        }
        catch (Exception e)
        {
            File.Delete(folder.Draft);
            throw SqliteFaults.Translate(e) is StoreDamagedException
                ? new StoreFolderException(
                    $"{file} is damaged, or not a backup of goterra-store. Restore another one.", e)
                : Explain(e, dataFolder);
        }
    }

    /// <summary>
    /// Reads the whole store, whether or not a server is using it. Nothing is decrypted: of values, only the length is
    /// checked.
    /// </summary>
    /// <returns>The damage; empty if there is none.</returns>
    public static IReadOnlyList<string> Check(string dataFolder)
    {
        using var folder = DataFolder.Open(dataFolder);
        try
        {
            var damage = FindLoss(folder);
            using var session = Connect(folder);
            return SqliteSchema.ReadVersion(session, SqliteSchema.Versions.Count) == 0
                ? ["the database has no tables"]
                : [.. damage, .. StoreInspection.FindDamage(session),
                    .. StoreInspection.FindDamagedFiles(session, folder)];
        }
        catch (Exception e) when (SqliteFaults.Translate(e) is StoreDamagedException damaged)
        {
            return [damaged.Message];
        }
        catch (Exception e) when (SqliteFaults.IsFault(e))
        {
            // Nothing is known about damage.
            throw new StoreFolderException($"{dataFolder} cannot be checked: {e.Message}", e);
        }
    }

    /// <summary>Without its log, the database itself must be complete; after a crash, the log must be there.</summary>
    private static List<string> FindLoss(DataFolder folder)
    {
        var damage = new List<string>();
        if (folder.HasLostLog)
            damage.Add($"the log {folder.Log} was removed or damaged after a crash: the last writes are lost");
        if (!File.Exists(folder.Log) && BackupFile.Missing(folder.Database) is > 0 and var missing)
            damage.Add($"the last {missing} bytes of goterra.db are missing");
        return damage;
    }

    private static StoreFolderException NoBackup(string file) => new(
        $"{file} is the database of a data folder, not a backup: " +
        "a part of its data is in other files. Make a backup with: goterra-store backup FILE");

    internal static SqliteSession Connect(DataFolder folder)
    {
        if (!IsReadOnly(folder))
        {
            var hasLog = File.Exists(folder.Log);
            var session = new SqliteSession(folder.Database, SqliteOpenMode.ReadWrite, cacheKilobytes: 8192);
            if (hasLog)
                session.KeepLog();
            return session;
        }

        // SQLite cannot create the shared-memory file there. After a clean stop there is no log, and the database alone
        // is complete.
        return File.Exists(folder.Log)
            ? throw new StoreFolderException(
                $"{folder.Path} is on a read-only file system, and its server was not stopped cleanly or is " +
                "running. Copy the whole folder to a disk that can be written, and name the copy with --data.")
            : new SqliteSession(
                new Uri(folder.Database).AbsoluteUri + "?immutable=1", SqliteOpenMode.ReadOnly, cacheKilobytes: 8192);
    }

    private static bool IsReadOnly(DataFolder folder)
    {
        try
        {
            using var probe = new FileStream(folder.Database, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
            return false;
        }
        catch (IOException e) when (SqliteFaults.IsReadOnlyFileSystem(e))
        {
            return true;
        }
    }

    // A failed draft is deleted, so it needs no journal, and a complete one has no log.
    private static SqliteSession ConnectToDraft(string path)
    {
        var session = new SqliteSession(path, SqliteOpenMode.ReadWrite, cacheKilobytes: 8192);
        try
        {
            session.Execute("PRAGMA journal_mode = MEMORY");
            return session;
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    private static void InlineFiles(SqliteSession session, DataFolder folder)
    {
        using var files = new ValueFiles(folder);
        session.Execute("BEGIN IMMEDIATE");
        foreach (var (name, size) in StoreInspection.Files(session))
        {
            if (files.TryRead(name) is not { } content || content.Length != size + ValueCipher.Overhead)
                throw new StoreDamagedException($"The file {name} of a value is missing or has another length.");
            session.Execute("UPDATE \"values\" SET content = ?2, file = NULL WHERE file = ?1", name, content);
        }

        session.Execute("COMMIT");
    }

    // Epochs of namespaces begin with a number that rises.
    private static void Revoke(SqliteSession session)
    {
        session.Execute("BEGIN IMMEDIATE");
        session.Execute("UPDATE deployments SET epoch = lower(hex(randomblob(16))), revoked_tickets = ''");

        // No holder could renew one.
        session.Execute("DELETE FROM switches");
        session.Execute(
            "UPDATE namespaces SET epoch = (CAST(substr(epoch, 1, instr(epoch, '.') - 1) AS INTEGER) + 1) " +
            "|| '.' || lower(hex(randomblob(16)))");
        session.Execute("COMMIT");
    }

    private static StoreSummary Summarize(SqliteSession session) => session.First(
        "SELECT (SELECT count(*) FROM deployments), (SELECT count(*) FROM \"values\")",
        row => new StoreSummary(row.Number(0), row.Number(1)))!;

    private static void Publish(string draft, string file)
    {
        using (var written = new FileStream(draft, FileMode.Open, FileAccess.ReadWrite))
            written.Flush(flushToDisk: true);
        File.Move(draft, file, overwrite: true);
        PrivateFiles.Flush(Path.GetDirectoryName(file) ?? file);
    }

    /// <param name="written">The file or folder that was being written.</param>
    private static Exception Explain(Exception e, string written) => e switch
    {
        _ when SqliteFaults.IsFull(e) =>
            new IOException($"{written}: the disk is full. Free some space, and run the command again.", e),
        SqliteException =>
            new IOException(
                $"{written}: {SqliteFaults.Translate(e)?.Message ?? e.Message} " +
                "Fix the cause, and run the command again.",
                e),
        _ => e,
    };
}

/// <summary>What a backup holds.</summary>
public sealed record StoreSummary(long Deployments, long Values);
