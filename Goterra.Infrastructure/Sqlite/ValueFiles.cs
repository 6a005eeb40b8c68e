using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace Goterra.Infrastructure.Sqlite;

/// <summary>
/// Large values, each in a file of its own, so that they do not hold up the small ones in the database. A file is complete and on the disk before the row that
/// names it is committed, and removed after the row that replaces it is. What a crash leaves in between is swept at the next start.
/// </summary>
internal sealed class ValueFiles(DataFolder folder)
{
    /// <summary>Sealed contents of more bytes go to a file. Measured: docs/decisions/0001-sqlite.md.</summary>
    public const int Threshold = 128 * 1024;

    private readonly ConcurrentQueue<string> _released = [];

    /// <summary>Writes a new file and makes it last.</summary>
    /// <returns>Its name.</returns>
    public async Task<string> WriteAsync(ReadOnlyMemory<byte> content)
    {
        var name = RandomNumberGenerator.GetHexString(32, lowercase: true);
        try
        {
            await using (var file = DataFolder.CreateFile(PathOf(name)))
            {
                await file.WriteAsync(content);
                file.Flush(flushToDisk: true);
            }

            DataFolder.Flush(folder.Values);
            return name;
        }
        catch
        {
            Release(name);
            RemoveReleased();
            throw;
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
            while (!_released.IsEmpty && !folder.IsPinned() && _released.TryDequeue(out name))
                File.Delete(PathOf(name));
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
        foreach (var path in Directory.EnumerateFiles(folder.Values))
        {
            var name = Path.GetFileName(path);
            if (!session.First("SELECT 1 FROM \"values\" WHERE file = ?1", _ => true, name))
                Release(name);
        }
    }

    private string PathOf(string name) => Path.Combine(folder.Values, name);
}
