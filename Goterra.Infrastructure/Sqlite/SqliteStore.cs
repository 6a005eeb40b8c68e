using System.Collections.Concurrent;
using Goterra.Core.Deployments;
using Goterra.Core.Waiting;
using Goterra.Infrastructure.Encryption;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Goterra.Infrastructure.Sqlite;

/// <summary>The embedded store: opens the data folder, and brings reads to pooled connections and writes to the one writer.</summary>
internal sealed class SqliteStore(string path, SecretRing secrets, ChangeHub hub, TimeProvider time, ILoggerFactory loggers) : IHostedService, IDisposable
{
    private const int MaxIdleReaders = 16;
    private const int MaxRevisits = 100;

    private readonly ConcurrentStack<SqliteSession> _readers = [];
    private readonly ReaderWriterLockSlim _readGate = new();
    private int _idleReaders;
    private DataFolder? _folder;
    private ValueFiles? _files;
    private SqliteCheckpoints? _checkpoints;
    private SqliteWriter? _writer;

    public SqliteClock Clock { get; } = new(time);

    public SqliteHealth Health { get; } = new(loggers.CreateLogger<SqliteHealth>());

    public DataFolder Folder => _folder ?? throw new StoreUnavailableException("The store is not open.");

    public ValueFiles Files => _files ?? throw new StoreUnavailableException("The store is not open.");

    /// <summary>Opens the store: checks and migrates the database, and removes what a crash has left.</summary>
    /// <exception cref="StoreFolderException">The folder or the database can't be used.</exception>
    /// <exception cref="WrongSecretException">The store was made with another secret.</exception>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            _folder = DataFolder.Take(path);
            _files = new ValueFiles(_folder);
            new SqliteOpening(_folder, _files, Clock, Health, secrets).Open();
            _checkpoints = new SqliteCheckpoints(_folder, _readGate, loggers.CreateLogger<SqliteCheckpoints>());
            _writer = new SqliteWriter(_folder, _files, Clock, hub, _checkpoints, Health);
            return Task.CompletedTask;
        }
        catch (Exception e)
        {
            Dispose();
            throw SqliteOpening.Explain(e, path);
        }
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        Dispose();
        return Task.CompletedTask;
    }

    /// <summary>See <see cref="SqliteWriter.WriteAsync"/>.</summary>
    public Task<T> WriteAsync<T>(Func<SqliteWriteSession, T> command, bool frees = false, int bytes = 0) =>
        (_writer ?? throw new StoreUnavailableException("The store is not open.")).WriteAsync(command, frees, bytes);

    /// <summary>Has the log moved into the database soon.</summary>
    public void CopyLog() => _checkpoints?.Copy();

    /// <summary>Reads on the thread of the caller. Sees whatever was committed before.</summary>
    public Task<T> ReadAsync<T>(Func<SqliteSession, T> read)
    {
        try
        {
            return Task.FromResult(Read(read));
        }
        catch (Exception e) when (SqliteFaults.IsFault(e))
        {
            return Task.FromException<T>(Health.Report(e));
        }
    }

    /// <summary>Reads a content that may be in a file. One that was replaced between row and file is looked up again.</summary>
    /// <param name="find">Gives what was read, the name of its file if it is in one, and how to add what the file holds.</param>
    public Task<T> ReadAsync<T>(Func<SqliteSession, (T Found, string? File)> find, Func<T, byte[], T> withContent) => ReadAsync(session =>
    {
        string? missing = null;
        for (var visit = 0; visit < MaxRevisits; visit++)
        {
            var (found, file) = find(session);
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
        while (_readers.TryPop(out var reader))
            reader.Dispose();
        _writer?.Dispose();
        _checkpoints?.Dispose();
        _files?.Dispose();
        _folder?.Dispose();
        (_writer, _checkpoints, _files, _folder) = (null, null, null, null);
    }

    private T Read<T>(Func<SqliteSession, T> read)
    {
        if (_readers.TryPop(out var session))
            Interlocked.Decrement(ref _idleReaders);
        else
            session = new SqliteSession(Folder.Database, SqliteOpenMode.ReadOnly, cacheKilobytes: 512);
        var sound = false;
        _readGate.EnterReadLock();
        try
        {
            var result = read(session);
            sound = true;
            return result;
        }
        finally
        {
            _readGate.ExitReadLock();
            Return(session, sound);
        }
    }

    // One that has met a fault is not used again: what it remembers of the file may be wrong.
    private void Return(SqliteSession session, bool sound)
    {
        if (!sound || _folder is null)
        {
            session.Dispose();
        }
        else if (Interlocked.Increment(ref _idleReaders) <= MaxIdleReaders)
        {
            _readers.Push(session);
        }
        else
        {
            Interlocked.Decrement(ref _idleReaders);
            session.Dispose();
        }
    }
}
