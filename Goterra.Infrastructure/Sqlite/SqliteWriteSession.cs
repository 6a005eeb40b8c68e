using Goterra.Core.Deployments;
using Goterra.Core.Model;
using Goterra.Core.Waiting;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Goterra.Infrastructure.Sqlite;

/// <summary>The connection of the writer. Changes are published after the transaction is committed.</summary>
internal sealed class SqliteWriteSession(string path) : SqliteSession(
    path, SqliteOpenMode.ReadWrite, cacheKilobytes: 8192, SqliteCheckpoints.BusyMilliseconds)
{
    private const int CacheWrite = 9;

    private readonly List<Change> _changes = [];
    private readonly List<string> _releasedFiles = [];
    private bool _keepsLeaseClock;

    public IReadOnlyList<Change> Changes => _changes;

    /// <summary>Files whose values the transaction replaced or removed.</summary>
    public IReadOnlyList<string> ReleasedFiles => _releasedFiles;

    public long Now { get; private set; }

    public long LeaseNow { get; private set; }

    public void Begin(SqliteClock clock)
    {
        (Now, LeaseNow) = (clock.Now, clock.LeaseNow);
        _changes.Clear();
        _releasedFiles.Clear();
        _keepsLeaseClock = false;
        Execute("BEGIN IMMEDIATE");
    }

    /// <summary>Saves the lease clock with the transaction, if it was not saved just now.</summary>
    public void KeepLeaseClock() => _keepsLeaseClock = true;

    /// <returns>The reading that was saved; null if none had to be.</returns>
    public LeaseReading? SaveLeaseClock(SqliteClock clock)
    {
        if (!_keepsLeaseClock || clock.Unsaved() is not { } reading)
            return null;

        reading.Save(this);
        return reading;
    }

    /// <summary>The number of pages written to the log since the last call.</summary>
    public int TakeWrittenPages()
    {
        _ = raw.sqlite3_db_status(Connection.Handle!, CacheWrite, out var pages, out _, resetFlg: 1);
        return pages;
    }

    /// <summary>
    /// Runs a command under a savepoint. If it fails, it is rolled back together with what it published.
    /// </summary>
    /// <returns>The error; null on success.</returns>
    public Exception? TryRun(Action command)
    {
        Exception? error = null;
        var (changes, files) = (_changes.Count, _releasedFiles.Count);
        Execute("SAVEPOINT command");
        try
        {
            command();
        }
        catch (Exception e) when (InTransaction && (e is StoreDamagedException || !SqliteFaults.IsFault(e)))
        {
            Execute("ROLLBACK TO command");
            _changes.RemoveRange(changes, _changes.Count - changes);
            _releasedFiles.RemoveRange(files, _releasedFiles.Count - files);
            error = e;
        }

        Execute("RELEASE command");
        return error;
    }

    /// <summary>Wakes the watches of the key; of the whole deployment if it is null.</summary>
    public void Publish(DeploymentId deployment, string? key) => _changes.Add(new Change(deployment, key));

    /// <summary>Wakes only event streams: no key has the empty name.</summary>
    public void PublishEvent(DeploymentId deployment) => Publish(deployment, "");

    public void Release(string? file)
    {
        if (file is not null)
            _releasedFiles.Add(file);
    }
}
