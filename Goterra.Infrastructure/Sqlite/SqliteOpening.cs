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
        catch (Exception e) when (SqliteFaults.Translate(e) is StoreUnavailableException
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
        StoreFullException => new StoreFolderException(
            $"data (GOT_DATA): the store in {path} cannot be opened: the disk is full. Free some space, and start "
            + "again.",
            e),
        var fault => new StoreFolderException(
            $"data (GOT_DATA): the store in {path} cannot be opened: {fault.Message} ({e.Message})", e),
    };

    private static StoreFolderException Damaged(string damage, string path) => new(
        $"data (GOT_DATA): the database in {path} is damaged ({damage}). " +
        "Move the folder away, then restore a backup with: goterra-store restore FILE");

    private void OpenDatabase()
    {
        var log = SqliteLogCheck.Before(folder);
        using var session = new SqliteSession(folder.Database, SqliteOpenMode.ReadWrite, cacheKilobytes: 1024);
        try
        {
            Prepare(session, log);
        }
        catch (SqliteException e) when (SqliteFaults.Refine(e, session) is StoreUnavailableException refined)
        {
            throw refined;
        }
    }

    private void Prepare(SqliteSession session, SqliteLogCheck log)
    {
        if (log.HasLost(session))
        {
            folder.Lock.MarkLost();
            throw folder.LostLog();
        }

        folder.Lock.MarkRecovered();
        SqliteSchema.Migrate(session, SqliteSchema.Versions);
        if (SqliteSchema.QuickCheck(session, CheckLimit) is { } damage)
            throw Damaged(damage, folder.Path);
        if (SqliteSchema.FindDifference(session, allowUnknown: true) is { } difference)
            throw Damaged(difference, folder.Path);

        Verify(session);
        clock.Resume(LeaseReading.Read(session));
        if (files.Sweep(session) is { } missing)
            health.Report(new StoreDamagedException(missing));
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
}
