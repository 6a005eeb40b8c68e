namespace Goterra.Tests.Store.Sqlite;

/// <summary>Damages a database as a bad disk does.</summary>
internal static class DamagedDatabase
{
    private const int PageBytes = 4096;

    /// <summary>Overwrites the second half of the file.</summary>
    public static void Overwrite(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite);
        var from = file.Length / PageBytes / 2 * PageBytes;
        var junk = new byte[file.Length - from];
        Array.Fill(junk, (byte)0xA5);
        file.Position = from;
        file.Write(junk);
    }

    /// <summary>Overwrites the page that holds this text.</summary>
    /// <returns>False where it is in none.</returns>
    public static bool TryOverwritePageOf(string path, string text)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        var at = bytes.AsSpan().IndexOf(System.Text.Encoding.UTF8.GetBytes(text));
        if (at < 0)
            return false;

        var junk = new byte[PageBytes];
        Array.Fill(junk, (byte)0xA5);
        file.Position = at / PageBytes * PageBytes;
        file.Write(junk);
        return true;
    }
}
