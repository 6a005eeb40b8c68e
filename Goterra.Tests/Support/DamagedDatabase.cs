namespace Goterra.Tests.Support;

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

    /// <summary>Overwrites a page.</summary>
    /// <param name="number">1 for the first.</param>
    public static void OverwritePage(string path, long number)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite);
        var page = new byte[PageBytes];
        Array.Fill(page, (byte)0xA5);
        file.Position = (number - 1) * PageBytes;
        file.Write(page);
    }

    /// <summary>
    /// Overwrites each leaf of an index that holds this text; splits may have left it in more than one.
    /// </summary>
    public static void OverwriteLeavesOf(string path, string text)
    {
        const byte leaf = 0x0A;
        using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        var page = new byte[PageBytes];
        var found = false;
        for (var at = 0L; at + PageBytes <= file.Length; at += PageBytes)
        {
            file.Position = at;
            file.ReadExactly(page);
            if (page[0] != leaf || page.AsSpan().IndexOf(System.Text.Encoding.UTF8.GetBytes(text)) < 0)
                continue;

            Array.Fill(page, (byte)0xA5);
            file.Position = at;
            file.Write(page);
            found = true;
        }

        Assert.True(found);
    }
}
