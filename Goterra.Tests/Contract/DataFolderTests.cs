using System.Runtime.Versioning;
using Goterra.Infrastructure;
using Goterra.Infrastructure.Sqlite;
using Microsoft.Data.Sqlite;

namespace Goterra.Tests.Contract;

/// <summary>The folder of the embedded store is its own, and so it leaves those of others alone.</summary>
[Trait("Category", "Contract")]
public sealed class DataFolderTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Take_ForeignFolder_IsRefusedAndUnchanged()
    {
        Directory.CreateDirectory(_folder.File("photos"));
        File.WriteAllText(_folder.File("photos/1.jpg"), "precious");

        var e = await Assert.ThrowsAsync<StoreFolderException>(
            () => OpenStore.StartAsync(new StoreOptions { Data = _folder.Path }));

        Assert.Contains(_folder.Path, e.Message, StringComparison.Ordinal);
        Assert.Equal([_folder.File("photos")], Directory.EnumerateFileSystemEntries(_folder.Path));
        Assert.Equal("precious", File.ReadAllText(_folder.File("photos/1.jpg")));
    }

    [Fact]
    public async Task Take_FolderOfVersion010_IsRefusedAndUnchanged()
    {
        Directory.CreateDirectory(_folder.File("1"));
        File.WriteAllText(_folder.File("lock"), "");
        File.WriteAllText(_folder.File("current"), "1");

        var e = await Assert.ThrowsAsync<StoreFolderException>(
            () => OpenStore.StartAsync(new StoreOptions { Data = _folder.Path }));

        Assert.Contains("0.1.0", e.Message, StringComparison.Ordinal);
        Assert.Contains("Move it away", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', e.Message);
        Assert.Equal(3, Directory.EnumerateFileSystemEntries(_folder.Path).Count());
    }

    [Fact]
    public async Task Take_FirstStartInterrupted_StartsAnew()
    {
        File.WriteAllText(_folder.File("lock"), "");
        File.WriteAllText(_folder.File("goterra.db"), "");

        await using var store = await OpenStore.StartAsync(new StoreOptions { Data = _folder.Path });

        Assert.Null((await store.Repository.CheckHealthAsync(CancellationToken.None)).Problem);
    }

    [Fact]
    public async Task Take_FirstStartInterruptedBeforeTables_StartsAnew()
    {
        File.WriteAllText(_folder.File("lock"), "");
        using (var session = new SqliteSession(
            _folder.File("goterra.db"), SqliteOpenMode.ReadWriteCreate, cacheKilobytes: 100))
        {
            session.Execute("PRAGMA auto_vacuum = INCREMENTAL");
            session.Execute("PRAGMA journal_mode = WAL");
        }

        await using var store = await OpenStore.StartAsync(new StoreOptions { Data = _folder.Path });

        Assert.Null((await store.Repository.CheckHealthAsync(CancellationToken.None)).Problem);
    }

    [Theory]
    [InlineData("values/0123456789abcdef0123456789abcdef", true)]
    [InlineData("values/0123456789abcdef0123456789abcdef", false)]
    [InlineData("goterra.db-wal", true)]
    [InlineData("goterra.db-wal", false)]
    [InlineData("reserve", true)]
    [InlineData("reserve", false)]
    public async Task Take_DatabaseMissingOrEmpty_IsRefusedAndKeepsRest(string rest, bool missing)
    {
        Directory.CreateDirectory(_folder.File("values"));
        File.WriteAllText(_folder.File(rest), "kept");
        if (!missing)
            File.WriteAllText(_folder.File("goterra.db"), "");

        var message = await RefusedAsync();

        Assert.Contains("goterra.db is missing or empty", message, StringComparison.Ordinal);
        Assert.Contains("goterra-store restore FILE", message, StringComparison.Ordinal);
        Assert.Equal("kept", File.ReadAllText(_folder.File(rest)));
    }

    [Theory]
    [InlineData("photo.jpg")]
    [InlineData("0123456789ABCDEF0123456789ABCDEF")]
    [InlineData("0123456789abcdef0123456789abcdef0")]
    public async Task Take_ForeignFileAmongValues_IsRefusedAndNamed(string name)
    {
        await (await OpenStore.StartAsync(new StoreOptions { Data = _folder.Path })).DisposeAsync();
        File.WriteAllText(_folder.File("values/" + name), "precious");

        Assert.Contains(name, await RefusedAsync(), StringComparison.Ordinal);
        Assert.Equal("precious", File.ReadAllText(_folder.File("values/" + name)));
    }

    [Fact]
    public async Task Take_ValuesIsSymbolicLink_IsRefusedAndUnchanged()
    {
        await (await OpenStore.StartAsync(new StoreOptions { Data = _folder.Path })).DisposeAsync();
        using var elsewhere = new TempFolder();
        File.WriteAllText(elsewhere.File("0123456789abcdef0123456789abcdef"), "precious");
        Directory.Delete(_folder.File("values"));
        Directory.CreateSymbolicLink(_folder.File("values"), elsewhere.Path);

        Assert.Contains("symbolic link", await RefusedAsync(), StringComparison.Ordinal);
        Assert.Equal("precious", File.ReadAllText(elsewhere.File("0123456789abcdef0123456789abcdef")));
    }

    [Fact]
    public async Task StartAsync_FileWithoutRow_IsRemoved()
    {
        await (await OpenStore.StartAsync(new StoreOptions { Data = _folder.Path })).DisposeAsync();
        File.WriteAllText(_folder.File("values/0123456789abcdef0123456789abcdef"), "");

        await using var store = await OpenStore.StartAsync(new StoreOptions { Data = _folder.Path });

        Assert.Empty(Directory.GetFiles(_folder.File("values")));
    }

    [Fact]
    public async Task StartAsync_ForeignDatabase_IsRefusedAndUnchanged()
    {
        using (var session = new SqliteSession(
            _folder.File("goterra.db"), SqliteOpenMode.ReadWriteCreate, cacheKilobytes: 100))
            session.Execute("CREATE TABLE photos (name TEXT)");
        var before = File.ReadAllBytes(_folder.File("goterra.db"));

        Assert.Contains("another program", await RefusedAsync(), StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllBytes(_folder.File("goterra.db")));
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public async Task Take_FolderAndFiles_AreForOwnerOnly()
    {
        var data = _folder.File("data");
        await using var store = await OpenStore.StartAsync(new StoreOptions { Data = data });

        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(data));
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute,
            File.GetUnixFileMode(Path.Combine(data, "values")));
        Assert.True(
            File.Exists(Path.Combine(data, "backup")),
            "A backup by another user would make it, and the server could not open it.");
        Assert.All(
            Directory.GetFiles(data),
            file => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file)));
    }

    [Theory]
    [InlineData("goterra.db")]
    [InlineData("lock")]
    [InlineData("reserve")]
    [InlineData("backup")]
    public async Task Take_FileIsSymbolicLinkOrFolder_IsRefusedAndUnchanged(string name)
    {
        await (await OpenStore.StartAsync(new StoreOptions { Data = _folder.Path })).DisposeAsync();
        using var elsewhere = new TempFolder();
        File.Move(_folder.File(name), elsewhere.File("there"));
        var before = File.ReadAllBytes(elsewhere.File("there"));
        File.CreateSymbolicLink(_folder.File(name), elsewhere.File("there"));

        var message = await RefusedAsync();
        Assert.Contains(_folder.File(name), message, StringComparison.Ordinal);
        Assert.Contains("symbolic link", message, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllBytes(elsewhere.File("there")));

        File.Delete(_folder.File(name));
        Directory.CreateDirectory(_folder.File(name));
        Assert.Contains($"{_folder.File(name)} is not a regular file", await RefusedAsync(), StringComparison.Ordinal);
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public async Task Take_FilesOpenToOthers_AreClosed()
    {
        await (await OpenStore.StartAsync(new StoreOptions { Data = _folder.Path })).DisposeAsync();
        foreach (var file in Directory.GetFiles(_folder.Path))
            File.SetUnixFileMode(file, (UnixFileMode)0b111_111_111);

        await using var store = await OpenStore.StartAsync(new StoreOptions { Data = _folder.Path });

        Assert.All(
            Directory.GetFiles(_folder.Path),
            file => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file)));
    }

    [Theory]
    [InlineData("file", "is a file")]
    [InlineData("dangling", "does not exist")]
    public async Task Take_PathIsNoFolder_SaysSo(string name, string expected)
    {
        File.WriteAllText(_folder.File("file"), "kept");
        File.CreateSymbolicLink(_folder.File("dangling"), _folder.File("nowhere"));

        var e = await Assert.ThrowsAsync<StoreFolderException>(
            () => OpenStore.StartAsync(new StoreOptions { Data = _folder.File(name) }));

        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
    }

    private async Task<string> RefusedAsync()
    {
        var message = (await Assert.ThrowsAsync<StoreFolderException>(
            () => OpenStore.StartAsync(new StoreOptions { Data = _folder.Path }))).Message;
        Assert.DoesNotContain('\n', message);
        return message;
    }
}
