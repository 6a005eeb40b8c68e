using Goterra.Core.Deployments;
using Goterra.Core.Waiting;
using Goterra.Infrastructure.Encryption;
using Microsoft.Extensions.Hosting;

namespace Goterra.Infrastructure.Sqlite;

/// <summary>
/// The embedded store: opens the data folder, reads over pooled connections and writes through one writer.
/// </summary>
internal sealed class SqliteStore(
    SqliteOptions options, SecretRing secrets, ChangeHub hub, TimeProvider time,
    SqliteHealth health) : IHostedService, IDisposable
{
    private const int MaxRevisits = 100;

    private DataFolder? _folder;
    private ValueFiles? _files;
    private SqliteReaders? _readers;
    private SqliteCheckpoints? _checkpoints;
    private SqliteWriter? _writer;
    private RenewalWatch? _renewals;

    public SqliteClock Clock { get; } = new(time);

    public RenewalWatch Renewals => _renewals ?? throw NotOpen();

    public SqliteHealth Health => health;

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
            _files = new ValueFiles(
                _folder, options.FileThreshold, e => Health.Report(e, SqliteHealth.Removals));
            new SqliteOpening(_folder, _files, Clock, Health, secrets).Open();
            _renewals = new RenewalWatch(Clock);
            _readers = new SqliteReaders(_folder.Database);
            _checkpoints = new SqliteCheckpoints(_folder, _readers, Health);
            _writer = new SqliteWriter(_folder, _files, Clock, hub, _checkpoints, Health);
            _folder.Lock.MarkOpen();
            Health.Metrics.ObserveFault(() => Health.Problem is not null || Health.Removal is not null);
            return Task.CompletedTask;
        }
        catch (Exception e)
        {
            Dispose();
            throw SqliteOpening.Explain(e, options.Folder);
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

    /// <summary>Checks that the folder was not removed under the server.</summary>
    public void CheckFolder() => Health.ReportRemoval(Folder.FindRemoval());

    /// <summary>Requests a checkpoint.</summary>
    public void RequestCheckpoint() => _checkpoints?.Request();

    /// <summary>Reads on the caller's thread. Sees everything that was committed before.</summary>
    public Task<T> ReadAsync<T>(Func<SqliteSession, T> read) => ReportFaults(() => Read(read));

    /// <summary>
    /// Reads a value that may be in a file. If it is replaced between the reads of row and file, both are read again.
    /// </summary>
    /// <param name="find">Returns the row, and the name of the file if the value is in one.</param>
    /// <param name="withContent">Adds the content of the file to the row.</param>
    public Task<T> ReadAsync<T>(
        Func<SqliteSession, (T Found, string? File)> find, Func<T, byte[], T> withContent) => ReportFaults(() =>
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
        // The last connection to close, if it may write, checkpoints and removes the log.
        _readers?.Dispose();
        _writer?.Stop();
        _folder?.MarkClosed();
        _writer?.Dispose();
        _checkpoints?.Dispose();
        _files?.Dispose();

        // The log is gone; the next start may find the disk full again.
        _folder?.Reserve.TryRefill();
        _folder?.Dispose();
        (_readers, _writer, _checkpoints, _files, _folder) = (null, null, null, null, null);
    }

    private T Read<T>(Func<SqliteSession, T> read)
    {
        var start = Health.Metrics.Start();
        var found = (_readers ?? throw NotOpen()).Read(read);
        Health.Metrics.RecordOperation(start, "read");
        return found;
    }

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
}
