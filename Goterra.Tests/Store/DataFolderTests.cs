using Goterra.Infrastructure.Redis;
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
    public async Task Start_AfterAFirstStartThatDiedHalfway_BeginsAnew()
    {
        Directory.CreateDirectory(_folder.File("1"));
        File.WriteAllText(_folder.File("lock"), "");
        File.WriteAllText(_folder.File("current.new"), "");

        await using var store = await OpenStore.StartAsync(new StoreOptions { Data = _folder.Path });

        Assert.Equal("1", File.ReadAllText(_folder.File("current")));
    }
}
