using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Goterra.Infrastructure.Sqlite;

/// <summary>Brings a database to the schema of this version, and finds out whether it is damaged.</summary>
internal static class SqliteSchema
{
    // Written into the file's head: "GOTR".
    private const long ApplicationId = 0x474F5452;

    /// <summary>The statements that lead to version 1, 2... of the schema, each from the one before.</summary>
    public static readonly IReadOnlyList<string> Versions = [Text("schema.sql")];

    /// <summary>Makes the tables of a new database, or migrates an older one, in one transaction.</summary>
    /// <exception cref="StoreFolderException">It is of a newer version, or of another program.</exception>
    public static void Migrate(SqliteSession session, IReadOnlyList<string> versions)
    {
        var version = ReadVersion(session, versions.Count);

        // Only a database without tables takes the first, and it has to come before the second.
        session.Execute("PRAGMA auto_vacuum = INCREMENTAL");
        session.Execute("PRAGMA journal_mode = WAL");
        if (version == versions.Count)
            return;

        session.Execute("BEGIN IMMEDIATE");
        foreach (var statements in versions.Skip((int)version))
            session.Run(statements);
        session.Execute($"PRAGMA application_id = {ApplicationId}");
        session.Execute($"PRAGMA user_version = {versions.Count}");
        session.Execute("COMMIT");
    }

    /// <returns>The version of the schema; 0 where there are no tables.</returns>
    /// <exception cref="StoreFolderException">It is newer than this program knows, or the database is another program's.</exception>
    public static long ReadVersion(SqliteSession session, int newest)
    {
        var version = session.First("PRAGMA user_version", row => row.Number(0));
        if (session.First("PRAGMA application_id", row => row.Number(0)) != ApplicationId
            && (version != 0 || session.First("SELECT count(*) FROM sqlite_schema", row => row.Number(0)) > 0))
            throw new StoreFolderException($"{session.Connection.DataSource} is the database of another program. Name another one.");
        if (version > newest)
            throw new StoreFolderException($"The store was written by a newer goterra-store (format {version}; this one reads up to {newest}). Use that version.");
        return version;
    }

    /// <summary>Looks for damage for a limited time: a large database must not keep the server from starting.</summary>
    /// <returns>What is wrong; null where nothing was found.</returns>
    public static string? QuickCheck(SqliteSession session, TimeSpan limit)
    {
        using var finished = new ManualResetEvent(false);
        var timer = new Timer(_ => raw.sqlite3_interrupt(session.Connection.Handle!), null, limit, Timeout.InfiniteTimeSpan);
        try
        {
            return Check(session, "PRAGMA quick_check(1)").FirstOrDefault();
        }
        catch (SqliteException e) when (e.SqliteErrorCode == raw.SQLITE_INTERRUPT)
        {
            return null;
        }
        finally
        {
            // Not before the last interruption is over: it must not meet the next statement.
            timer.Dispose(finished);
            finished.WaitOne();
        }
    }

    /// <summary>Looks at every page and index.</summary>
    /// <returns>What is wrong.</returns>
    public static IReadOnlyList<string> FullCheck(SqliteSession session) => Check(session, "PRAGMA integrity_check");

    private static List<string> Check(SqliteSession session, string pragma) =>
        [.. session.All(pragma, row => row.GetString(0).ReplaceLineEndings("; ")).Where(line => line != "ok")];

    private static string Text(string name)
    {
        using var stream = typeof(SqliteSchema).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"{name} is not in this assembly.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
