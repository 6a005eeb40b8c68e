using System.Globalization;
using System.Security.Cryptography;
using Goterra.Core.Deployments;
using Goterra.Core.Waiting;
using Goterra.Infrastructure.Encryption;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Goterra.Infrastructure.Sqlite;

/// <summary>The embedded store: opens the data folder, and brings reads to pooled connections and writes to the one writer.</summary>
internal sealed class SqliteStore(SqliteOptions options, SecretRing secrets, ChangeHub hub, TimeProvider time, ILoggerFactory loggers) : IHostedService, IDisposable
{
    private const int MaxRevisits = 100;

    private DataFolder? _folder;
    private ValueFiles? _files;
    private SqliteReaders? _readers;
    private SqliteCheckpoints? _checkpoints;
    private SqliteWriter? _writer;

    public SqliteClock Clock { get; } = new(time);

    public SqliteHealth Health { get; } = new(time, loggers.CreateLogger<SqliteHealth>());

    public DataFolder Folder => _folder ?? throw NotOpen();

    public ValueFiles Files => _files ?? throw NotOpen();

    private SqliteWriter Writer => _writer ?? throw NotOpen();

    /// <summary>Opens the store: checks and migrates the database, and removes what a crash has left.</summary>
    /// <exception cref="StoreFolderException">The folder or the database can't be used.</exception>
    /// <exception cref="WrongSecretException">The store was made with another secret.</exception>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            _folder = DataFolder.Take(options.Folder);
            _files = new ValueFiles(_folder, options.FileThreshold);
            OpenDatabase();
            _readers = new SqliteReaders(_folder.Database);
            _checkpoints = new SqliteCheckpoints(_folder, _readers, Health);
            _writer = new SqliteWriter(_folder, _files, Clock, hub, _checkpoints, Health);
            return Task.CompletedTask;
        }
        catch (Exception e)
        {
            Dispose();
            throw SqliteFaults.Translate(e) switch
            {
                null => e,
                StoreDamagedException => Damaged(e.Message),
                var fault => new StoreFolderException($"'data': the store in {options.Folder} can't be opened: {fault.Message}", e),
            };
        }
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        Dispose();
        return Task.CompletedTask;
    }

    /// <summary>See <see cref="SqliteWriter.WriteAsync"/>.</summary>
    public Task<T> WriteAsync<T>(Func<SqliteWriteSession, T> command, bool mayUseReserve = false, int bytes = 0) =>
        Writer.WriteAsync(command, mayUseReserve, bytes);

    /// <summary>See <see cref="SqliteWriter.ProbeAsync"/>.</summary>
    public Task ProbeAsync() => Writer.ProbeAsync();

    /// <summary>Has the log moved into the database soon.</summary>
    public void RequestCheckpoint() => _checkpoints?.Request();

    /// <summary>Reads on the thread of the caller. Sees whatever was committed before.</summary>
    public Task<T> ReadAsync<T>(Func<SqliteSession, T> read) => ReportFaults(() => Read(read));

    /// <summary>Reads a content that may be in a file. One that was replaced between row and file is looked up again.</summary>
    /// <param name="find">Gives what was read, the name of its file if it is in one, and how to add what the file holds.</param>
    public Task<T> ReadAsync<T>(Func<SqliteSession, (T Found, string? File)> find, Func<T, byte[], T> withContent) => ReportFaults(() =>
    {
        string? missing = null;
        for (var visit = 0; visit < MaxRevisits; visit++)
        {
            var (found, file) = Read(find);
            if (file is null)
                return found;
            if (Files.TryRead(file) is { } content)
                return withContent(found, content);
            if (file == missing)
                throw new StoreDamagedException($"The file {file} of a value is missing.");
            missing = file;
        }

        throw new StoreUnavailableException("The value changes faster than it can be read.");
    });

    public void Dispose()
    {
        // Whoever closes last, and may write, moves the log into the database and removes it.
        _readers?.Dispose();
        _writer?.Dispose();
        _checkpoints?.Dispose();
        _files?.Dispose();
        _folder?.Dispose();
        (_readers, _writer, _checkpoints, _files, _folder) = (null, null, null, null, null);
    }

    private T Read<T>(Func<SqliteSession, T> read) => (_readers ?? throw NotOpen()).Read(read);

    private Task<T> ReportFaults<T>(Func<T> read)
    {
        try
        {
            return Task.FromResult(read());
        }
        catch (Exception e) when (SqliteFaults.IsFault(e))
        {
            return Task.FromException<T>(Health.Report(e, SqliteHealth.Reads));
        }
    }

    private static StoreUnavailableException NotOpen() => new("The store is not open.");

    private void OpenDatabase()
    {
        try
        {
            Open();
        }
        catch (SqliteException e) when (SqliteFaults.Translate(e) is StoreUnavailableException && !SqliteFaults.IsBusy(e) && Folder.TrySpendReserve())
        {
            // On a full disk, the files that SQLite works with need the room that is kept for this.
            Open();
        }
    }

    private void Open()
    {
        using var session = new SqliteSession(Folder.Database, SqliteOpenMode.ReadWrite, cacheKilobytes: 1024);
        Open(session);
    }

    private void Open(SqliteSession session)
    {
        SqliteSchema.Bring(session, SqliteSchema.Versions);
        if (SqliteSchema.QuickCheck(session) is { } damage)
            throw Damaged(damage);

        Verify(session);
        Clock.Resume(Setting(session, "lease_offset"), Setting(session, "lease_now"));
        Files.Sweep(session);
        Files.RemoveReleased();
        try
        {
            Folder.FillReserve();
        }
        catch (IOException e)
        {
            Health.Report(e);
        }
    }

    private void Verify(SqliteSession session)
    {
        var mine = SecretKeys.Check(secrets.Current);
        var found = session.First("SELECT value FROM settings WHERE name = 'secret'", row => row.Blob(0));
        if (found is not null && CryptographicOperations.FixedTimeEquals(found, mine))
            return;
        if (found is not null && !secrets.Previous.Any(previous => CryptographicOperations.FixedTimeEquals(found, SecretKeys.Check(previous.Secret))))
            throw new WrongSecretException();

        session.Execute("INSERT OR REPLACE INTO settings (name, value) VALUES ('secret', ?1)", mine);
    }

    private StoreFolderException Damaged(string damage) => new(
        $"'data': the database in {options.Folder} is damaged ({damage}). Move the folder away, then restore a backup with: goterra-store restore FILE");

    private static long Setting(SqliteSession session, string name) =>
        session.First("SELECT value FROM settings WHERE name = ?1", row => long.Parse(row.GetString(0), CultureInfo.InvariantCulture), name);
}
