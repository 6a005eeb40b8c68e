using Goterra.Core.Model;
using Goterra.Core.Waiting;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Goterra.Infrastructure.Sqlite;

/// <summary>What a write command works with. What it tells others happens once the transaction is committed.</summary>
internal sealed class SqliteWriteSession(string path) : SqliteSession(path, SqliteOpenMode.ReadWrite, cacheKilobytes: 8192)
{
    private const int CacheWrite = 9;

    private readonly List<Change> _changes = [];
    private readonly List<string> _releasedFiles = [];

    public IReadOnlyList<Change> Changes => _changes;

    /// <summary>Files of values that the transaction replaced or removed.</summary>
    public IReadOnlyList<string> ReleasedFiles => _releasedFiles;

    public long Now { get; private set; }

    public long LeaseNow { get; private set; }

    public void Begin(SqliteClock clock)
    {
        (Now, LeaseNow) = (clock.Now, clock.LeaseNow);
        Forget((0, 0));
        Execute("BEGIN IMMEDIATE");
    }

    /// <summary>How many pages this connection has written to the log since the last look.</summary>
    public int TakeWrittenPages()
    {
        _ = raw.sqlite3_db_status(Connection.Handle!, CacheWrite, out var pages, out _, resetFlg: 1);
        return pages;
    }

    /// <summary>Wakes the watches of the key; of the whole deployment where it is null.</summary>
    public void Announce(DeploymentId deployment, string? key) => _changes.Add(new Change(deployment, key));

    /// <summary>Wakes only the streams of events: no key has the empty name.</summary>
    public void AnnounceEvent(DeploymentId deployment) => Announce(deployment, "");

    public void Release(string? file)
    {
        if (file is not null)
            _releasedFiles.Add(file);
    }

    public (int Changes, int Files) Mark() => (_changes.Count, _releasedFiles.Count);

    /// <summary>Takes back what a command has announced that is rolled back.</summary>
    public void Forget((int Changes, int Files) mark)
    {
        _changes.RemoveRange(mark.Changes, _changes.Count - mark.Changes);
        _releasedFiles.RemoveRange(mark.Files, _releasedFiles.Count - mark.Files);
    }
}
