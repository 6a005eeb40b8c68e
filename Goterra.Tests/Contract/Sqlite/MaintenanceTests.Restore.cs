using Goterra.Infrastructure.Sqlite;
using Microsoft.Data.Sqlite;

namespace Goterra.Tests.Contract.Sqlite;

public sealed partial class MaintenanceTests
{
    [Fact]
    public async Task Restore_Revoke_InvalidatesTokens()
    {
        TestDeployment deployment;
        await using (var server = await ServerProcess.StartAsync(_folder))
        {
            deployment = await server.CreateAsync();
            await deployment.PutAsync("k", "v");
        }

        await RunAsync("backup", _folder.File("copy"));
        Directory.Delete(_folder.File("data"), recursive: true);
        var (code, output) = await RunAsync("restore", _folder.File("copy"), "--revoke");

        Assert.True(code == 0, output);
        Assert.Contains("deployments: 1, values: 1", output, StringComparison.Ordinal);
        await using (var server = await ServerProcess.StartAsync(_folder))
            Assert.Equal(
                401, (await new TestDeployment(server.Address, deployment.Id, deployment.Token).GetAsync("k")).Status);
    }

    [Fact]
    public async Task Restore_FolderInUseOrNotEmpty_IsRefusedAndTouchesNothing()
    {
        await using var server = await ServerProcess.StartAsync(_folder);
        var deployment = await server.CreateAsync();
        await deployment.PutAsync("k", "v");
        await RunAsync("backup", _folder.File("copy"));

        var (code, output) = await RunAsync("restore", _folder.File("copy"));

        Assert.Equal(2, code);
        Assert.Contains("already contains a store", output, StringComparison.Ordinal);
        Assert.Equal("v", (await deployment.GetAsync("k?raw")).Text);
    }

    [Fact]
    public async Task Restore_ForeignFile_IsRefused()
    {
        await File.WriteAllTextAsync(_folder.File("copy"), new string('x', 10_000));

        var (code, output) = await RunAsync("restore", _folder.File("copy"));

        Assert.Equal(2, code);
        Assert.Contains(_folder.File("copy"), output, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder.File("data/goterra.db")));

        // And it is in nobody's way.
        using var other = new TempFolder();
        await using (await ServerProcess.StartAsync(other))
            Assert.Equal(0, (await ServerProcess.RunAsync(other, ["backup", _folder.File("good")])).ExitCode);
        Assert.Equal(0, (await RunAsync("restore", _folder.File("good"))).ExitCode);
    }

    [Fact]
    public async Task Check_IntactAndDamaged_ReportsOnlyDamage()
    {
        await using (var server = await ServerProcess.StartAsync(_folder))
        {
            var deployment = await server.CreateAsync();
            for (var i = 0; i < 50; i++)
                await deployment.PutAsync($"k{i}", new byte[2_000]);
            await deployment.PutAsync("large", new byte[300_000]);
            var (code, output) = await RunAsync("check");
            Assert.True(code == 0, output);
            Assert.Contains(": intact", output, StringComparison.Ordinal);
        }

        File.Delete(Assert.Single(Directory.GetFiles(_folder.File("data/values"))));
        var (missing, words) = await RunAsync("check");
        Assert.Equal(1, missing);
        Assert.Contains("missing", words, StringComparison.Ordinal);
        Assert.Contains("goterra-store restore FILE", words, StringComparison.Ordinal);

        DamagedDatabase.Overwrite(_folder.File("data/goterra.db"));
        Assert.Equal(1, (await RunAsync("check")).ExitCode);
    }

    [Fact]
    public async Task Check_ContentTooShort_NamesTheValue()
    {
        await PrepareAsync("v"u8.ToArray());
        using (var session = new SqliteSession(
            _folder.File("data/goterra.db"), SqliteOpenMode.ReadWrite, cacheKilobytes: 100))
            session.Execute("UPDATE \"values\" SET content = substr(content, 2)");

        var (code, output) = await RunAsync("check");
        Assert.Equal(1, code);
        Assert.Contains("the value k of deployment", output, StringComparison.Ordinal);

        Assert.Equal(0, (await RunAsync("backup", _folder.File("copy"))).ExitCode);
        (code, output) = await RunAsync("restore", _folder.File("copy"), "--data", _folder.File("other"));
        Assert.Equal(2, code);
        Assert.Contains("the value k of deployment", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Restore_DatabaseOfADataFolder_IsRefused(bool withLog)
    {
        await PrepareAsync(new byte[withLog ? 10 : 300_000]);
        if (withLog)
            await File.WriteAllTextAsync(_folder.File("data/goterra.db-wal"), "not moved into the database yet");

        var (code, output) = await RunAsync(
            "restore", _folder.File("data/goterra.db"), "--data", _folder.File("other"));

        Assert.Equal(2, code);
        Assert.Contains("goterra-store backup FILE", output, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder.File("other/goterra.db")));
    }

    [Fact]
    public async Task Restore_PreviousOneKilled_StartIsRefusedUntilRepeated()
    {
        await PrepareAsync("v"u8.ToArray());
        Assert.Equal(0, (await RunAsync("backup", _folder.File("copy"))).ExitCode);
        Directory.Delete(_folder.File("data"), recursive: true);

        // As a restore leaves it that is killed while it copies.
        Directory.CreateDirectory(_folder.File("data/values"));
        await File.WriteAllTextAsync(_folder.File("data/lock"), "");
        await File.WriteAllBytesAsync(
            _folder.File("data/goterra.db.new"), (await File.ReadAllBytesAsync(_folder.File("copy")))[..5000]);

        var (code, output) = await RunAsync();
        Assert.Equal(2, code);
        Assert.Contains("goterra-store restore FILE", output, StringComparison.Ordinal);

        Assert.Equal(0, (await RunAsync("restore", _folder.File("copy"))).ExitCode);
        await (await ServerProcess.StartAsync(_folder)).DisposeAsync();
        Assert.Equal(0, (await RunAsync("check")).ExitCode);
    }

    [RootFactWith("mount")]
    public async Task Check_ReadOnlyDisk_WorksAfterCleanStop()
    {
        await PrepareAsync(new byte[300_000]);
        await using var disk = await SmallDisk.MountAsync(megabytes: 8);
        var data = Path.Combine(disk.Path, "data");
        Directory.CreateDirectory(Path.Combine(data, "values"));
        foreach (var file in Directory.GetFiles(_folder.File("data"), "*", SearchOption.AllDirectories))
            File.Copy(file, Path.Combine(data, Path.GetRelativePath(_folder.File("data"), file)));
        await disk.RemountAsync("ro");

        Assert.Equal(0, (await RunAsync("check", "--data", data)).ExitCode);
        Assert.Equal(0, (await RunAsync("backup", _folder.File("copy"), "--data", data)).ExitCode);

        await disk.RemountAsync("rw");
        await File.WriteAllTextAsync(Path.Combine(data, "goterra.db-wal"), "not moved into the database yet");
        await disk.RemountAsync("ro");
        var (code, output) = await RunAsync("check", "--data", data);
        Assert.Equal(1, code);
        Assert.Contains("Copy the whole folder", output, StringComparison.Ordinal);
    }
}
