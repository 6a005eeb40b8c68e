using System.Globalization;
using System.Security.Cryptography;
using Goterra.Core.Deployments;
using Goterra.Infrastructure.Encryption;
using Microsoft.Data.Sqlite;

namespace Goterra.Infrastructure.Sqlite;

/// <summary>
/// Opens the database at the start: migrates it, checks it for damage, and removes leftovers of a crash.
/// </summary>
internal sealed class SqliteOpening(
    DataFolder folder, ValueFiles files, SqliteClock clock, SqliteHealth health, SecretRing secrets)
{
    private static readonly TimeSpan CheckLimit = TimeSpan.FromMilliseconds(300);

    /// <exception cref="StoreFolderException">The folder or the database can't be used.</exception>
    /// <exception cref="WrongSecretException">The store was made with another secret.</exception>
    public void Open()
    {
        try
        {
            OpenDatabase();
        }
        catch (SqliteException e) when (SqliteFaults.Translate(e) is StoreUnavailableException
            && !SqliteFaults.IsBusy(e)
            && folder.Reserve.TrySpend())
        {
            // On a full disk, SQLite's own files need the reserve.
            OpenDatabase();
        }
    }

    /// <summary>Translates the error of a failed start into advice.</summary>
    public static Exception Explain(Exception e, string path) => SqliteFaults.Translate(e) switch
    {
        null => e,
        StoreDamagedException damaged => Damaged(damaged.Message.TrimEnd('.'), path),
        var fault => new StoreFolderException($"data (GOT_DATA): the store in {path} cannot be opened: {fault.Message}", e),
    };

    private static StoreFolderException Damaged(string damage, string path) => new(
        $"data (GOT_DATA): the database in {path} is damaged ({damage}). " +
        "Move the folder away, then restore a backup with: goterra-store restore FILE");

    private void OpenDatabase()
    {
        using var session = new SqliteSession(folder.Database, SqliteOpenMode.ReadWrite, cacheKilobytes: 1024);
        SqliteSchema.Migrate(session, SqliteSchema.Versions);
        if (SqliteSchema.QuickCheck(session, CheckLimit) is { } damage)
            throw Damaged(damage, folder.Path);

        Verify(session);
        clock.Resume(Setting(session, "lease_offset"), Setting(session, "lease_now"));
        files.Sweep(session);
        files.RemoveReleased();
        try
        {
            folder.Reserve.Fill();
        }
        catch (IOException e)
        {
            health.Report(e);
        }
    }

    private void Verify(SqliteSession session)
    {
        var mine = SecretKeys.Check(secrets.Current);
        var found = session.First("SELECT value FROM settings WHERE name = 'secret'", row => row.Blob(0));
        if (found is not null && CryptographicOperations.FixedTimeEquals(found, mine))
            return;
        if (found is not null
            && !secrets.Previous.Any(
                previous => CryptographicOperations.FixedTimeEquals(found, SecretKeys.Check(previous.Secret))))
            throw new WrongSecretException();

        session.Execute("INSERT OR REPLACE INTO settings (name, value) VALUES ('secret', ?1)", mine);
    }

    private static long Setting(SqliteSession session, string name) =>
        session.First(
            "SELECT value FROM settings WHERE name = ?1",
            row => long.Parse(row.GetString(0), CultureInfo.InvariantCulture),
            name);
}
