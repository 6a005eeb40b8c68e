using System.Runtime.Versioning;
using Goterra.Infrastructure;
using Goterra.Infrastructure.Sqlite;
using Goterra.Tests.Hosting;

namespace Goterra.Tests.Store;

/// <summary>The folder of the embedded store is its own, and so it leaves those of others alone.</summary>
public sealed class DataFolderTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Start_FolderOfSomebodyElse_IsRefusedAndTouchesNothing()
    {
        Directory.CreateDirectory(_folder.File("photos"));
        File.WriteAllText(_folder.File("photos/1.jpg"), "precious");

        var e = await Assert.ThrowsAsync<StoreFolderException>(() => OpenStore.StartAsync(new StoreOptions { Data = _folder.Path }));

        Assert.Contains(_folder.Path, e.Message, StringComparison.Ordinal);
        Assert.Equal([_folder.File("photos")], Directory.EnumerateFileSystemEntries(_folder.Path));
        Assert.Equal("precious", File.ReadAllText(_folder.File("photos/1.jpg")));
    }

    [Fact]
    public async Task Start_FolderOfVersion010_SaysWhatToDoAndTouchesNothing()
    {
        Directory.CreateDirectory(_folder.File("1"));
        File.WriteAllText(_folder.File("lock"), "");
        File.WriteAllText(_folder.File("current"), "1");

        var e = await Assert.ThrowsAsync<StoreFolderException>(() => OpenStore.StartAsync(new StoreOptions { Data = _folder.Path }));

        Assert.Contains("0.1.0", e.Message, StringComparison.Ordinal);
        Assert.Contains("Move it away", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', e.Message);
        Assert.Equal(3, Directory.EnumerateFileSystemEntries(_folder.Path).Count());
    }

    [Fact]
    public async Task Start_AfterAFirstStartThatDiedHalfway_BeginsAnew()
    {
        File.WriteAllText(_folder.File("lock"), "");
        File.WriteAllText(_folder.File("goterra.db"), "");

        await using var store = await OpenStore.StartAsync(new StoreOptions { Data = _folder.Path });

        Assert.Null((await store.Repository.CheckHealthAsync(CancellationToken.None)).Problem);
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public async Task Start_FolderAndFiles_AreForTheirOwnerOnly()
    {
        var data = _folder.File("data");
        await using var store = await OpenStore.StartAsync(new StoreOptions { Data = data });

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(data));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.Combine(data, "values")));
        Assert.All(Directory.GetFiles(data), file => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file)));
    }
}
