using System.Collections.Concurrent;
using System.Security.Cryptography;
using Goterra.Core.Deployments;

namespace Goterra.Infrastructure.Sqlite;

/// <summary>
/// Large values, each in a file of its own, so that they do not hold up the small ones in the database. A file is complete and on the disk before the row that
/// names it is committed, and removed after the row that replaces it is. What a crash leaves in between is swept at the next start.
/// </summary>
internal sealed class ValueFiles(DataFolder folder, int threshold = ValueFiles.DefaultThreshold) : IDisposable
{
    /// <summary>Measured: docs/decisions/0001-sqlite.md.</summary>
    public const int DefaultThreshold = 128 * 1024;

    private const int PieceBytes = 1 << 20;
    private const long MaxWaitingBytes = 128_000_000;

    private readonly SemaphoreSlim _turn = new(1);
    private readonly ConcurrentQueue<string> _released = [];

    // Of the one whose turn it is. A shared pool would keep one for each thread.
    private byte[] _buffer = [];
    private long _waitingBytes;
    private volatile bool _closed;

    /// <summary>Sealed contents of more bytes go to a file.</summary>
    public int Threshold => threshold;

    /// <summary>Writes a new file and makes it last. One at a time: the others would only take the processor and the disk from the small values.</summary>
    /// <param name="length">Of the content, in bytes.</param>
    /// <param name="fill">Makes the content.</param>
    /// <returns>The file's name.</returns>
    /// <exception cref="StoreUnavailableException">Too many are waiting, or the server is stopping.</exception>
    public async Task<string> WriteAsync(int length, Action<Memory<byte>> fill, CancellationToken cancellationToken)
    {
        try
        {
            // Each that waits holds its content in memory.
            if (Interlocked.Add(ref _waitingBytes, length) > MaxWaitingBytes)
                throw new StoreUnavailableException("Too many large values are waiting to be written.");

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
        finally
        {
            Interlocked.Add(ref _waitingBytes, -length);
        }
    }

    /// <returns>Null where it was removed.</returns>
    public byte[]? TryRead(string name)
    {
        try
        {
            return File.ReadAllBytes(PathOf(name));
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    /// <summary>No row names it any more.</summary>
    public void Release(string name) => _released.Enqueue(name);

    /// <summary>Removes what was released, unless a backup is being made. What can't be removed now is tried again later.</summary>
    public void RemoveReleased()
    {
        string? name = null;
        try
        {
            lock (_released)
            {
                using var pin = _released.IsEmpty ? null : folder.TryPin();
                while (pin is not null && _released.TryDequeue(out name))
                    File.Delete(PathOf(name));
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (name is not null)
                Release(name);
        }
    }

    /// <summary>Releases the files that no row names.</summary>
    public void Sweep(SqliteSession session)
    {
        foreach (var file in new DirectoryInfo(folder.Values).EnumerateFiles())
        {
            if (DataFolder.IsValueFile(file.Name) && !session.First("SELECT 1 FROM \"values\" WHERE file = ?1", _ => true, file.Name))
                Release(file.Name);
        }
    }

    /// <summary>Refuses further values, those that wait included.</summary>
    public void Dispose() => _closed = true;

    private async Task<string> WriteNextAsync(int length, Action<Memory<byte>> fill, CancellationToken cancellationToken)
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

    // In pieces, each on the disk before the next is written: a disk that has much to write at once lets the log of the small values wait for all of it.
    private async Task WriteAsync(string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        await using (var file = DataFolder.CreateFile(path))
        {
            for (; content.Length > 0; content = content[Math.Min(PieceBytes, content.Length)..])
            {
                await file.WriteAsync(content[..Math.Min(PieceBytes, content.Length)], cancellationToken);
                file.Flush(flushToDisk: true);
            }
        }

        DataFolder.Flush(folder.Values);
    }

    private string PathOf(string name) => Path.Combine(folder.Values, name);
}
