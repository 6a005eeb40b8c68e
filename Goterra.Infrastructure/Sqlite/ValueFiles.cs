using System.Collections.Concurrent;
using System.Security.Cryptography;
using Goterra.Core.Deployments;
using Goterra.Infrastructure.Files;

namespace Goterra.Infrastructure.Sqlite;

/// <summary>
/// Large values, one file each, so that they do not delay small ones in the database. A file is complete and durable
/// before the row that names it is committed, and removed after the row that replaces it is. Files that a crash leaves
/// in between are removed at the next start.
/// </summary>
/// <param name="folder">The data folder.</param>
/// <param name="threshold">Sealed contents of more bytes go to a file.</param>
/// <param name="report">Gets the errors of removals.</param>
internal sealed class ValueFiles(
    DataFolder folder, int threshold = ValueFiles.DefaultThreshold, Action<Exception>? report = null) : IDisposable
{
    /// <summary>Measured: docs/decisions/0001-sqlite.md.</summary>
    public const int DefaultThreshold = 128 * 1024;

    private const int PieceBytes = 1 << 20;

    private readonly SemaphoreSlim _turn = new(1);
    private readonly ConcurrentQueue<string> _released = [];

    // Shared by all writes, which hold the semaphore. A shared pool would keep one buffer per thread.
    private byte[] _buffer = [];
    private volatile bool _closed;

    /// <summary>Sealed contents of more bytes go to a file.</summary>
    public int Threshold => threshold;

    /// <summary>
    /// Writes a new file durably. One at a time: concurrent writes would only take processor and disk from small
    /// values.
    /// </summary>
    /// <param name="length">The length of the content in bytes.</param>
    /// <param name="fill">Produces the content.</param>
    /// <returns>The file's name.</returns>
    /// <exception cref="StoreUnavailableException">The server is stopping.</exception>
    public async Task<string> WriteAsync(int length, Action<Memory<byte>> fill, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            return await WriteNextAsync(length, fill, cancellationToken);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <returns>Null if it was removed.</returns>
    public byte[]? TryRead(string name)
    {
        try
        {
            // A pipe would block.
            var path = PathOf(name);
            return FileStatus.Of(path) is { IsRegular: false }
                ? throw new StoreDamagedException($"{path} is not a regular file.")
                : File.ReadAllBytes(path);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Marks a file for removal: no row names it.</summary>
    public void Release(string name) => _released.Enqueue(name);

    /// <summary>Removes released files unless a backup is running. Failed removals are retried later.</summary>
    public void RemoveReleased()
    {
        string? name = null;
        try
        {
            lock (_released)
            {
                using var pin = _released.IsEmpty ? null : TryPin();
                while (pin is not null && _released.TryDequeue(out name))
                    File.Delete(PathOf(name));
            }
        }
        catch (Exception e) when (SqliteFaults.IsFault(e))
        {
            if (name is not null)
                Release(name);
            report?.Invoke(e);
        }
    }

    /// <summary>
    /// Releases the files that no row names; none if a named one is missing, since the database may then be older than
    /// the files.
    /// </summary>
    /// <returns>What is missing; otherwise null.</returns>
    public string? Sweep(SqliteSession session)
    {
        var named = session.All("SELECT file FROM \"values\" WHERE file IS NOT NULL", row => row.GetString(0));
        var orphans = new DirectoryInfo(folder.Values).EnumerateFiles()
            .Select(file => file.Name).Where(DataFolder.IsValueFile).ToHashSet();
        var missing = named.Where(name => !orphans.Remove(name)).ToList();
        if (missing.Count > 0)
            return $"{missing.Count} files of values are missing, such as {PathOf(missing[0])}. " +
                $"{orphans.Count} files that belong to no value were kept.";

        foreach (var orphan in orphans)
            Release(orphan);
        return null;
    }

    /// <summary>Refuses further writes, including waiting ones.</summary>
    public void Dispose() => _closed = true;

    private IDisposable? TryPin()
    {
        try
        {
            return folder.TryPin();
        }
        catch (UnauthorizedAccessException e)
        {
            throw new StoreUnavailableException(
                $"{folder.Path}/backup cannot be opened, and replaced values stay on the disk: " +
                "it must be a file of the user that runs the server.", e);
        }
    }

    private async Task<string> WriteNextAsync(
        int length, Action<Memory<byte>> fill, CancellationToken cancellationToken)
    {
        if (_closed)
            throw new StoreUnavailableException("The server is stopping.");
        if (_buffer.Length < length)
            _buffer = new byte[length];
        var content = _buffer.AsMemory(0, length);
        fill(content);
        var name = RandomNumberGenerator.GetHexString(32, lowercase: true);
        try
        {
            await WriteAsync(PathOf(name), content, cancellationToken);
            return name;
        }
        catch
        {
            Release(name);
            RemoveReleased();
            throw;
        }
    }

    // In pieces, each flushed before the next: a disk with much to flush delays the log of small values until all of it
    // is written.
    private async Task WriteAsync(string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        await using (var file = PrivateFiles.CreateFile(path))
        {
            for (; content.Length > 0; content = content[Math.Min(PieceBytes, content.Length)..])
            {
                await file.WriteAsync(content[..Math.Min(PieceBytes, content.Length)], cancellationToken);
                file.Flush(flushToDisk: true);
            }
        }

        PrivateFiles.Flush(folder.Values);
    }

    private string PathOf(string name) => Path.Combine(folder.Values, name);
}
