using System.Diagnostics;

namespace Goterra.Tests.Support;

/// <summary>
/// A file system of its own in memory, so small that a test can fill it. Only root can mount one: see
/// <see cref="RootFactWithAttribute"/>.
/// </summary>
public sealed class SmallDisk : IAsyncDisposable
{
    private readonly TempFolder _folder = new();

    private SmallDisk()
    {
    }

    public string Path => _folder.File("disk");

    public static async Task<SmallDisk> MountAsync(int megabytes)
    {
        var disk = new SmallDisk();
        Directory.CreateDirectory(disk.Path);
        await RunAsync("mount", "-t", "tmpfs", "-o", $"size={megabytes}m", "tmpfs", disk.Path);
        return disk;
    }

    /// <summary>Takes all the room that is left.</summary>
    /// <returns>The file that has it: removing it makes room again.</returns>
    public string Fill(string name = "ballast")
    {
        var path = System.IO.Path.Combine(Path, name);
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        var block = new byte[4096];
        try
        {
            while (true)
                file.Write(block);
        }
        catch (IOException)
        {
            return path;
        }
    }

    /// <param name="mode"><c>ro</c> or <c>rw</c>.</param>
    public Task RemountAsync(string mode) => RunAsync("mount", "-o", $"remount,{mode}", Path);

    public async ValueTask DisposeAsync()
    {
        await RunAsync("umount", "--lazy", Path);
        _folder.Dispose();
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
    }
}
