using System.Security.Cryptography;
using Goterra.Core.Model;
using Goterra.Infrastructure;
using Goterra.Infrastructure.Sqlite;
using Goterra.Tests.Hosting;

namespace Goterra.Tests.Store.Sqlite;

/// <summary><c>goterra-store backup</c>, <c>restore</c> and <c>check</c>, as an operator calls them.</summary>
public sealed class MaintenanceTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Backup_ServerIsWriting_IsOneStateThatARestoreBringsBack()
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

    [Fact]
    public async Task Restore_Revoke_MakesTokensOfTheBackupWorthless()
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
            Assert.Equal(401, (await new TestDeployment(server.Address, deployment.Id, deployment.Token).GetAsync("k")).Status);
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
        Assert.Contains("is not empty", output, StringComparison.Ordinal);
        Assert.Equal("v", (await deployment.GetAsync("k?raw")).Text);
    }

    [Theory]
    [InlineData("backup requires a file: goterra-store backup FILE", "backup")]
    [InlineData("restore requires a file: goterra-store restore FILE [--revoke]", "restore", "--revoke")]
    [InlineData("unknown option --revoke", "backup", "copy", "--revoke")]
    [InlineData("There is no file", "restore", "nowhere")]
    [InlineData("there is no store in", "backup", "copy")]
    [InlineData("there is no store in", "check")]
    [InlineData("this command is for the embedded store", "check", "--redis.host", "localhost")]
    public async Task Command_MakesNoSense_IsToldInOneLine(string message, params string[] args)
    {
        var (code, output) = await RunAsync(args);

        Assert.Equal(2, code);
        Assert.Contains(message, output, StringComparison.Ordinal);
        Assert.Single(output.TrimEnd().Split('\n'));
        Assert.False(Directory.Exists(_folder.File("data")));
    }

    [Fact]
    public async Task Restore_FileOfSomethingElse_IsRefused()
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

    [Theory]
    [InlineData("check")]
    [InlineData("backup")]
    [InlineData("restore")]
    public async Task Command_Help_TellsWhatThereIs(string command)
    {
        var (code, output) = await RunAsync(command, "--help");

        Assert.Equal(0, code);
        Assert.Contains($"goterra-store {command}", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Backup_AnotherOneWasKilled_IsMade()
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

    [Fact]
    public async Task Check_SoundAndDamaged_TellsThemApart()
    {
        await using (var server = await ServerProcess.StartAsync(_folder))
        {
            var deployment = await server.CreateAsync();
            for (var i = 0; i < 50; i++)
                await deployment.PutAsync($"k{i}", new byte[2_000]);
            await deployment.PutAsync("large", new byte[300_000]);
            var (code, output) = await RunAsync("check");
            Assert.True(code == 0, output);
            Assert.Contains("is intact", output, StringComparison.Ordinal);
        }

        File.Delete(Assert.Single(Directory.GetFiles(_folder.File("data/values"))));
        var (missing, words) = await RunAsync("check");
        Assert.Equal(1, missing);
        Assert.Contains("missing", words, StringComparison.Ordinal);
        Assert.Contains("goterra-store restore FILE", words, StringComparison.Ordinal);

        DamagedDatabase.Overwrite(_folder.File("data/goterra.db"));
        Assert.Equal(1, (await RunAsync("check")).ExitCode);
    }

    private Task<(int ExitCode, string Output)> RunAsync(params string[] args) => ServerProcess.RunAsync(_folder, args);

    private static byte[] Numbered(int number)
    {
        var value = new byte[200_000];
        BitConverter.TryWriteBytes(value, number);
        return value;
    }

    private static async Task<int> NumberAsync(TestDeployment deployment, string key) => BitConverter.ToInt32((await deployment.GetAsync(key + "?raw")).Bytes);

    private static UnixFileMode Mode(string file) => OperatingSystem.IsWindows() ? UnixFileMode.UserRead | UnixFileMode.UserWrite : File.GetUnixFileMode(file);
}
