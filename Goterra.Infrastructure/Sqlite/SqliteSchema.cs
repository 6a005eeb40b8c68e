using Goterra.Core.Deployments;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Goterra.Infrastructure.Sqlite;

/// <summary>Migrates a database to the current schema and checks it for damage.</summary>
internal static class SqliteSchema
{
    // Written into the file's head: "GOTR".
    public const long ApplicationId = 0x474F5452;

    /// <summary>The statements that lead to version 1, 2... of the schema, each from the one before.</summary>
    public static readonly IReadOnlyList<string> Versions = [Text("schema.sql")];

    /// <summary>Creates the tables of a new database, or migrates an older one, in one transaction.</summary>
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
    /// <exception cref="StoreFolderException">
    /// It is newer than this program knows, or the database is another program's.
    /// </exception>
    /// <exception cref="StoreDamagedException">There is no such version.</exception>
    public static long ReadVersion(SqliteSession session, int newest, string? name = null)
    {
        name ??= session.Connection.DataSource;
        var version = session.First("PRAGMA user_version", row => row.Number(0));
        if (session.First("PRAGMA application_id", row => row.Number(0)) != ApplicationId
            && (version != 0 || session.First("SELECT count(*) FROM sqlite_schema", row => row.Number(0)) > 0))
            throw new StoreFolderException(
                $"{name} is the database of another program. Name another one.");
        if (version < 0)
            throw new StoreDamagedException($"The database has the impossible format {version}.");
        if (version > newest)
            throw new StoreFolderException(
                $"{name} was written by a newer goterra-store (format {version}; this one reads up to {newest}). " +
                "Use that version.");
        return version;
    }

    /// <summary>Checks for damage for a limited time: a large database must not delay the start.</summary>
    /// <returns>The damage; null if none was found.</returns>
    public static string? QuickCheck(SqliteSession session, TimeSpan limit)
    {
        using var finished = new ManualResetEvent(false);
        var timer = new Timer(
            _ => raw.sqlite3_interrupt(session.Connection.Handle!), null, limit, Timeout.InfiniteTimeSpan);
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
            // Waits for a running callback: it must not interrupt the next statement.
            timer.Dispose(finished);
            finished.WaitOne();
        }
    }

    /// <summary>Looks at every page and index.</summary>
    /// <returns>What is wrong.</returns>
    public static IReadOnlyList<string> FullCheck(SqliteSession session) => Check(session, "PRAGMA integrity_check");

    /// <summary>Compares tables, columns, indexes and triggers with the schema of this version.</summary>
    /// <returns>The first difference; null if there is none, or the database is of an older version.</returns>
    public static string? FindDifference(SqliteSession session, bool allowUnknown = false)
    {
        if (session.First("PRAGMA user_version", row => row.Number(0)) != Versions.Count)
            return null;
        using var model = new SqliteSession(":memory:", SqliteOpenMode.Memory, cacheKilobytes: 100);
        foreach (var statements in Versions)
            model.Run(statements);
        var (expected, found) = (Objects(model), Objects(session));
        return expected.Keys.FirstOrDefault(name => !found.ContainsKey(name)) is { } missing
                ? $"the {missing} is missing"
            : expected.Keys.FirstOrDefault(name => expected[name] != found[name]) is { } changed
                ? $"the {changed} is not as it should be"
            : allowUnknown ? null
            : found.Keys.FirstOrDefault(name => !expected.ContainsKey(name)) is { } added
                ? $"the {added} is unknown"
            : null;
    }

    // By name, as "table events"; without those that ANALYZE and unique keys make.
    private static Dictionary<string, string> Objects(SqliteSession session) => session.All(
        "SELECT type || ' ' || name, coalesce(sql, '') FROM sqlite_schema WHERE name NOT LIKE 'sqlite!_%' ESCAPE '!'",
        row => (Name: row.GetString(0), Sql: row.GetString(1))).ToDictionary(item => item.Name, item => item.Sql);

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
