using System.Security.Cryptography;
using Goterra.Core.Model;
using Goterra.Infrastructure.Sqlite;

namespace Goterra.Tests.Contract.Sqlite;

/// <summary><c>goterra-store backup</c>, <c>restore</c> and <c>check</c>, as an operator calls them.</summary>
[Trait("Category", "Contract")]
public sealed partial class MaintenanceTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Backup_ServerIsWriting_IsConsistentAndRestorable()
    {
        DeploymentId id;
        TestDeployment deployment;
        var large = RandomNumberGenerator.GetBytes(400_000);
        await using (var server = await ServerProcess.StartAsync(_folder))
        {
            deployment = await server.CreateAsync();
            id = DeploymentId.Parse(deployment.Id);
            await deployment.PutAsync("kept", large);
            using var stop = new CancellationTokenSource();

            // Two keys that are equal whenever nobody is between the two writes; large ones, whose files come and go.
            var writing = Task.Run(async () =>
            {
                for (var i = 1; !stop.IsCancellationRequested; i++)
                {
                    await deployment.PutAsync("first", Numbered(i));
                    await deployment.PutAsync("second", Numbered(i));
                }
            });
            for (var i = 0; i < 5; i++)
            {
                var (code, output) = await RunAsync("backup", _folder.File("copy"));
                Assert.True(code == 0, output);
                Assert.Contains("goterra-store.secret", output, StringComparison.Ordinal);
            }

            await stop.CancelAsync();
            await writing;
        }

        Directory.Move(_folder.File("data"), _folder.File("before"));
        Assert.Equal(0, (await RunAsync("restore", _folder.File("copy"))).ExitCode);
        await using (var server = await ServerProcess.StartAsync(_folder))
        {
            var there = new TestDeployment(server.Address, id.ToString(), deployment.Token);
            Assert.Equal(large, (await there.GetAsync("kept?raw")).Bytes);
            var (first, second) = (await NumberAsync(there, "first"), await NumberAsync(there, "second"));
            Assert.InRange(first - second, 0, 1);
            Assert.Equal(200, (await there.PutAsync("kept", "1")).Status);
        }

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, Mode(_folder.File("copy")));
        Assert.Empty(Directory.GetFiles(_folder.Path, "*.new"));
    }

    [Theory]
    [InlineData("backup requires a file: goterra-store backup FILE", "backup")]
    [InlineData("restore requires a file: goterra-store restore FILE [--revoke]", "restore", "--revoke")]
    [InlineData("unknown option --revoke", "backup", "copy", "--revoke")]
    [InlineData("File not found", "restore", "nowhere")]
    [InlineData("there is no store in", "backup", "copy")]
    [InlineData("there is no store in", "stats")]
    [InlineData("this command is for the embedded store", "backup", "copy", "--redis.host", "localhost")]
    public async Task RunAsync_InvalidArguments_FailsWithOneLine(string message, params string[] args)
    {
        var (code, output) = await RunAsync(args);

        Assert.Equal(2, code);
        Assert.Contains(message, output, StringComparison.Ordinal);
        Assert.Single(output.TrimEnd().Split('\n'));
        Assert.False(Directory.Exists(_folder.File("data")));
    }

    [Theory]
    [InlineData("check")]
    [InlineData("stats")]
    [InlineData("backup")]
    [InlineData("restore")]
    public async Task RunAsync_Help_ListsCommands(string command)
    {
        var (code, output) = await RunAsync(command, "--help");

        Assert.Equal(0, code);
        Assert.Contains($"goterra-store {command}", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Backup_PreviousOneKilled_Succeeds()
    {
        await using var server = await ServerProcess.StartAsync(_folder);
        await File.WriteAllTextAsync(_folder.File("data/backup"), "");
        var deployment = await server.CreateAsync();
        await deployment.PutAsync("large", new byte[300_000]);
        await deployment.PutAsync("large", new byte[300_000]);

        var (code, output) = await RunAsync("backup", _folder.File("copy"));

        Assert.True(code == 0, output);
        Assert.Single(Directory.GetFiles(_folder.File("data/values")));
    }

    [Theory]
    [InlineData("data/goterra.db")]
    [InlineData("data/values/copy")]
    [InlineData("folder-link/goterra.db")]
    [InlineData("file-link")]
    public async Task Backup_IntoTheDataFolder_IsRefusedAndTouchesNothing(string file)
    {
        await using var server = await ServerProcess.StartAsync(_folder);
        var deployment = await server.CreateAsync();
        await deployment.PutAsync("k", "v");
        Directory.CreateSymbolicLink(_folder.File("folder-link"), _folder.File("data"));
        File.CreateSymbolicLink(_folder.File("file-link"), _folder.File("data/goterra.db"));
        var before = Directory.GetFiles(_folder.File("data"), "*", SearchOption.AllDirectories);

        var (code, output) = await RunAsync("backup", _folder.File(file));

        Assert.Equal(2, code);
        Assert.Contains("is in the data directory itself", output, StringComparison.Ordinal);
        Assert.Equal(before, Directory.GetFiles(_folder.File("data"), "*", SearchOption.AllDirectories));
        Assert.Equal("v", (await deployment.GetAsync("k?raw")).Text);
        Assert.Equal(0, (await RunAsync("check")).ExitCode);
    }

    [Fact]
    public async Task Backup_AnotherRunning_IsRefusedAndValueFilesStay()
    {
        await using var server = await ServerProcess.StartAsync(_folder);
        var deployment = await server.CreateAsync();
        await deployment.PutAsync("large", new byte[300_000]);
        await using (File.Open(_folder.File("data/backup"), FileMode.Open, FileAccess.ReadWrite, FileShare.None))
        {
            await deployment.PutAsync("large", new byte[300_000]);
            var (code, output) = await RunAsync("backup", _folder.File("copy"));

            Assert.Equal(2, code);
            Assert.Contains("Another backup", output, StringComparison.Ordinal);
            Assert.Empty(Directory.GetFiles(_folder.Path, "copy*"));
            Assert.Equal(2, Directory.GetFiles(_folder.File("data/values")).Length);
        }

        await Eventually.Async(() => Task.FromResult(Directory.GetFiles(_folder.File("data/values")).Length == 1));
        Assert.Equal(0, (await RunAsync("backup", _folder.File("copy"))).ExitCode);
    }

    [Fact]
    public async Task Backup_UntilItsFilesAreRead_HoldsThePin()
    {
        await using (var server = await ServerProcess.StartAsync(_folder))
        {
            var deployment = await server.CreateAsync();
            for (var i = 0; i < 12; i++)
                Assert.Equal(200, (await deployment.PutAsync($"k{i}", new byte[8_000_000])).Status);
            await server.TerminateAsync();
        }

        using var folder = DataFolder.Open(_folder.File("data"));
        await using var backup = ServerProcess.Launch(_folder, "backup", _folder.File("copy"));
        await Eventually.Async(() => Directory.GetFiles(_folder.Path, "copy.*.new").Length > 0);
        Signals.Send(backup.Id, "STOP");
        Assert.NotEmpty(Directory.GetFiles(_folder.Path, "copy.*.new"));
        Assert.Null(folder.TryPin());

        Signals.Send(backup.Id, "CONT");
        await Eventually.Async(() => File.Exists(_folder.File("copy")));
        await Eventually.Async(() =>
        {
            using var pin = folder.TryPin();
            return pin is not null;
        });
    }

    [Fact]
    public async Task Backup_AnotherToTheSameFileIsBeingMade_IsRefused()
    {
        await PrepareAsync("v"u8.ToArray());
        var file = _folder.File("copy");
        using (PrivateFiles.TryHold(file + ".lock", FileOptions.DeleteOnClose))
        {
            var (code, output) = await RunAsync("backup", file);
            Assert.Equal(2, code);
            Assert.Contains($"Another backup to {file} is in progress", output, StringComparison.Ordinal);
        }

        Assert.Equal(0, (await RunAsync("backup", file)).ExitCode);
        Assert.Equal([file], Directory.GetFiles(_folder.Path, "copy*"));
    }

    [Fact]
    public async Task Backup_ValueFileIsTooShort_IsRefused()
    {
        await PrepareAsync(new byte[300_000]);
        await using (var file = File.OpenWrite(Assert.Single(Directory.GetFiles(_folder.File("data/values")))))
            file.SetLength(1_000);

        var (code, output) = await RunAsync("backup", _folder.File("copy"));

        Assert.Equal(2, code);
        Assert.Contains("goterra-store check", output, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_folder.Path, "copy*"));
    }

    [RootFactWith("mount")]
    public async Task Backup_DiskFull_SaysWhatToDo()
    {
        await PrepareAsync(new byte[3_000_000]);
        Assert.Equal(0, (await RunAsync("backup", _folder.File("copy"))).ExitCode);
        await using var disk = await SmallDisk.MountAsync(megabytes: 2);

        var (code, output) = await RunAsync("backup", Path.Combine(disk.Path, "copy"));
        Assert.Equal(1, code);
        Assert.Contains("Free some space", output, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(disk.Path));

        (code, output) = await RunAsync("restore", _folder.File("copy"), "--data", Path.Combine(disk.Path, "data"));
        Assert.Equal(1, code);
        Assert.Contains("Free some space", output, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(disk.Path, "data/goterra.db.new")));
    }

    /// <summary>A store with one deployment and one value, whose server was stopped.</summary>
    private async Task PrepareAsync(byte[] value)
    {
        await using var server = await ServerProcess.StartAsync(_folder);
        await (await server.CreateAsync()).PutAsync("k", value);
        await server.TerminateAsync();
    }

    private Task<(int ExitCode, string Output)> RunAsync(params string[] args) => ServerProcess.RunAsync(_folder, args);

    private static byte[] Numbered(int number)
    {
        var value = new byte[200_000];
        BitConverter.TryWriteBytes(value, number);
        return value;
    }

    private static async Task<int> NumberAsync(TestDeployment deployment, string key) =>
        BitConverter.ToInt32((await deployment.GetAsync(key + "?raw")).Bytes);

    private static UnixFileMode Mode(string file) =>
        OperatingSystem.IsWindows() ? UnixFileMode.UserRead | UnixFileMode.UserWrite : File.GetUnixFileMode(file);
}
