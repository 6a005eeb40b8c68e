namespace Goterra.Infrastructure.Sqlite;

/// <summary>A file whose room deletions and expiry may use when the disk is full.</summary>
internal sealed class DiskReserve(string path)
{
    private const int Bytes = 1 << 20;
    private const int ProbeBytes = 1 << 18;

    public bool Exists => File.Exists(path);

    /// <summary>Whether the reserve has been used: only commands that free space may write.</summary>
    public bool IsSpent { get; private set; }

    /// <summary>Allocates the reserve; if it exists, checks that there is room for a small value beside it.</summary>
    /// <exception cref="IOException">There is no room.</exception>
    public void Fill()
    {
        IsSpent |= !Exists;
        var draft = path + ".new";
        try
        {
            using (var file = PrivateFiles.CreateFile(draft, FileMode.Create))
            {
                // Written, not only allocated: a file system may promise space that it does not have.
                file.Write(new byte[IsSpent ? Bytes : ProbeBytes]);
                file.Flush(flushToDisk: true);
            }

            if (IsSpent)
                File.Move(draft, path, overwrite: true);
            else
                File.Delete(draft);
            IsSpent = false;
        }
        catch
        {
            File.Delete(draft);
            throw;
        }
    }

    /// <returns>Whether there was a reserve.</returns>
    public bool TrySpend()
    {
        try
        {
            var kept = Exists;
            File.Delete(path);
            IsSpent = true;
            return kept;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
