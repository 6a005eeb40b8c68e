using Goterra.Core.Deployments;
using Goterra.Infrastructure.Encryption;
using Microsoft.Data.Sqlite;

namespace Goterra.Infrastructure.Sqlite;

/// <summary>What an operator does with the files of the embedded store. A backup is one SQLite database that holds the large values, too.</summary>
/// <exception cref="StoreFolderException">Thrown by each method where the folder or the file is not what it must be.</exception>
public static class StoreMaintenance
{
    /// <summary>Copies the store as it is at one moment, whether a server uses it or not. The file appears when it is complete; an older one is replaced.</summary>
    /// <exception cref="IOException">The file can't be written.</exception>
    public static StoreSummary Backup(string dataFolder, string file)
    {
        using var folder = DataFolder.Open(dataFolder);
        if (Path.GetFullPath(file).StartsWith(Path.GetFullPath(folder.Path) + Path.DirectorySeparatorChar, StringComparison.Ordinal))
            throw new StoreFolderException($"{file} is in the data folder itself. Name a file outside of it.");

        // One backup at a time, also to the same file.
        using var pin = folder.PinValues();
        var draft = file + ".new";
        try
        {
            File.Delete(draft);
            DataFolder.CreateFile(draft).Dispose();
            using (var session = Connect(folder.Database))
                session.Execute("VACUUM INTO ?1", draft);
            using (var files = new ValueFiles(folder))
                BringFilesIn(draft, files);
            return Publish(draft, file);
        }
        catch (Exception e)
        {
            File.Delete(draft);
            throw Explain(e, SqliteFaults.Translate(e) is StoreDamagedException ? dataFolder : file);
        }
    }

    /// <summary>Fills an empty or missing folder from a backup.</summary>
    /// <param name="revoke">Renews every epoch: no token and no ticket of the backup counts.</param>
    /// <exception cref="IOException">The file can't be read, or the folder not written.</exception>
    public static StoreSummary Restore(string file, string dataFolder, bool revoke)
    {
        if (!File.Exists(file))
            throw new StoreFolderException($"There is no file {file}.");

        using var folder = DataFolder.TakeEmpty(dataFolder);
        var draft = folder.Database + ".new";
        try
        {
            File.Delete(draft);
            File.Delete(draft + "-journal");
            using (var source = File.OpenRead(file))
            using (var target = DataFolder.CreateFile(draft))
                source.CopyTo(target);
            using (var session = Connect(draft))
            {
                SqliteSchema.Refuse(session, SqliteSchema.Versions.Count);
                if (SqliteSchema.FullCheck(session) is [var damage, ..])
                    throw new StoreFolderException($"The backup {file} is damaged ({damage}). Restore another one.");
                if (revoke)
                    Revoke(session);
            }

            return Publish(draft, folder.Database);
        }
        catch (Exception e)
        {
            File.Delete(draft);
            throw Explain(e, file);
        }
    }

    /// <summary>Reads the whole store, whether a server uses it or not.</summary>
    /// <returns>What is damaged; nothing where all is well.</returns>
    public static IReadOnlyList<string> Check(string dataFolder)
    {
        using var folder = DataFolder.Open(dataFolder);
        try
        {
            using var session = Connect(folder.Database);
            return [.. SqliteSchema.FullCheck(session), .. MissingFiles(session, folder)];
        }
        catch (Exception e) when (SqliteFaults.Translate(e) is StoreDamagedException)
        {
            return [e.Message];
        }
        catch (Exception e)
        {
            throw Explain(e, dataFolder);
        }
    }

    private static SqliteSession Connect(string path) => new(path, SqliteOpenMode.ReadWrite, cacheKilobytes: 8192);

    private static void BringFilesIn(string draft, ValueFiles files)
    {
        using var session = Connect(draft);
        session.Execute("BEGIN IMMEDIATE");
        foreach (var name in session.All("SELECT file FROM \"values\" WHERE file IS NOT NULL", row => row.GetString(0)))
        {
            var content = files.TryRead(name) ?? throw new StoreFolderException($"The file {name} of a value is missing; goterra-store check tells more.");
            session.Execute("UPDATE \"values\" SET content = ?2, file = NULL WHERE file = ?1", name, content);
        }

        session.Execute("COMMIT");
    }

    // Also the namespaces': an epoch there begins with a number that rises.
    private static void Revoke(SqliteSession session)
    {
        session.Execute("BEGIN IMMEDIATE");
        session.Execute("UPDATE deployments SET epoch = lower(hex(randomblob(16)))");
        session.Execute("UPDATE namespaces SET epoch = (CAST(substr(epoch, 1, instr(epoch, '.') - 1) AS INTEGER) + 1) || '.' || lower(hex(randomblob(16)))");
        session.Execute("COMMIT");
    }

    private static StoreSummary Publish(string draft, string file)
    {
        StoreSummary summary;
        using (var session = Connect(draft))
        {
            // Without a log beside it: the file is all there is.
            session.Execute("PRAGMA journal_mode = DELETE");
            summary = session.First(
                "SELECT (SELECT count(*) FROM deployments), (SELECT count(*) FROM \"values\")", row => new StoreSummary(row.Number(0), row.Number(1)))!;
        }

        using (var written = new FileStream(draft, FileMode.Open, FileAccess.ReadWrite))
            written.Flush(flushToDisk: true);
        File.Move(draft, file, overwrite: true);
        DataFolder.Flush(Path.GetDirectoryName(Path.GetFullPath(file))!);
        return summary;
    }

    private static IEnumerable<string> MissingFiles(SqliteSession session, DataFolder folder)
    {
        foreach (var (name, size) in session.All("SELECT file, size FROM \"values\" WHERE file IS NOT NULL", row => (row.GetString(0), row.Number(1))))
        {
            var file = new FileInfo(Path.Combine(folder.Values, name));
            if (file.Exists ? file.Length != size + ValueCipher.Overhead : IsStillNamed(session, name))
                yield return $"the file values/{name} is {(file.Exists ? "not as long as it should be" : "missing")}";
        }
    }

    // A server may have replaced the value since.
    private static bool IsStillNamed(SqliteSession session, string name) => session.First("SELECT 1 FROM \"values\" WHERE file = ?1", _ => true, name);

    private static Exception Explain(Exception e, string where) => e is SqliteException
        ? new StoreFolderException(SqliteFaults.IsFull(e) ? $"{where}: the disk is full." : $"{where}: {e.Message}", e)
        : e;
}

/// <summary>What a backup holds.</summary>
public sealed record StoreSummary(long Deployments, long Values);
