namespace Goterra.Infrastructure.Sqlite;

/// <summary>A file whose room deletions, expiry and a start may use when the disk is full.</summary>
internal sealed class DiskReserve(string path)
{
    private const int Bytes = 1 << 20;
    private const int ProbeBytes = 1 << 18;

    public bool Exists => File.Exists(path);

    /// <summary>Whether the reserve has been used: only commands that free space may write.</summary>
    public bool IsSpent { get; private set; }

    private bool IsComplete => Length >= Bytes;

    private long Length => new FileInfo(path) is { Exists: true, Length: var length } ? length : 0;

    /// <summary>
    /// Allocates the reserve; if it is complete, checks that there is room for a small value beside it. What fits of it
    /// is kept if there is no room for all of it.
    /// </summary>
    /// <exception cref="IOException">There is no room.</exception>
    public void Fill()
    {
        IsSpent |= !IsComplete;
        if (IsSpent)
            Refill();
        else
            Probe(ProbeBytes);
        IsSpent = false;
    }

    /// <summary>Checks that there is room beside the reserve.</summary>
    /// <exception cref="IOException">There is none.</exception>
    public void Probe(long bytes)
    {
        var draft = path + ".new";
        try
        {
            using var file = PrivateFiles.CreateFile(draft, FileMode.Create);
            Append(file, bytes);
        }
        finally
        {
            File.Delete(draft);
        }
    }

    /// <summary>Keeps as much room as there is: the next start may need it.</summary>
    public void TryRefill()
    {
        try
        {
            if (IsSpent)
                Refill();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A part of it is better than nothing.
        }
    }

    /// <returns>Whether it had any room.</returns>
    public bool TrySpend()
    {
        try
        {
            var kept = Length > 0;
            File.Delete(path);
            IsSpent = true;
            return kept;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private void Refill()
    {
        using var file = PrivateFiles.CreateFile(path, FileMode.OpenOrCreate);
        file.Seek(0, SeekOrigin.End);
        Append(file, Bytes - file.Length);
    }

    // Written, not only allocated: a file system may promise space that it does not have.
    private static void Append(FileStream file, long bytes)
    {
        var block = new byte[1 << 16];
        for (; bytes > 0; bytes -= block.Length)
            file.Write(block.AsSpan(0, (int)Math.Min(bytes, block.Length)));
        file.Flush(flushToDisk: true);
    }
}
