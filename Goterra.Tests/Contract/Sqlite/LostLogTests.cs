using System.Security.Cryptography;
using Goterra.Infrastructure.Sqlite;

namespace Goterra.Tests.Contract.Sqlite;

/// <summary>A log that lost transactions after a crash is found at the start.</summary>
[Trait("Category", "Contract")]
public sealed class LostLogTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private string Log => _folder.File("data/goterra.db-wal");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("removed")]
    [InlineData("emptied")]
    [InlineData("cut")]
    [InlineData("head")]
    [InlineData("middle")]
    public async Task StartAsync_LogDamagedAfterCrash_IsRefusedUntilAccepted(string damage)
    {
        var files = await CrashAsync();
        var length = new FileInfo(Log).Length;
        switch (damage)
        {
            case "removed":
                File.Delete(Log);
                break;
            case "head":
                Overwrite(0);
                break;
            case "middle":
                Overwrite(length * 2 / 3);
                break;
            default:
                await using (var log = File.OpenWrite(Log))
                    log.SetLength(damage == "cut" ? length / 2 : 0);
                break;
        }

        for (var start = 0; start < 2; start++)
        {
            var (code, output) = await ServerProcess.RunAsync(_folder, [], ("GOT_WEB_PORT", "0"));
            Assert.Equal(2, code);
            Assert.Contains(
                "the last writes are lost", Assert.Single(output.TrimEnd().Split('\n')), StringComparison.Ordinal);
            Assert.Equal(files, Directory.GetFiles(_folder.File("data/values")));
        }

        var (check, found) = await ServerProcess.RunAsync(_folder, ["check"]);
        Assert.Equal(1, check);
        Assert.Contains("goterra.db-wal", found, StringComparison.Ordinal);

        File.Delete(_folder.File("data/lock"));
        await (await ServerProcess.StartAsync(_folder)).DisposeAsync();
    }

    [Fact]
    public async Task StartAsync_CrashThenCheckAndBackup_KeepsEverything()
    {
        await CrashAsync();
        Assert.Equal(0, (await ServerProcess.RunAsync(_folder, ["check"])).ExitCode);
        Assert.Equal(0, (await ServerProcess.RunAsync(_folder, ["backup", _folder.File("copy")])).ExitCode);

        await using (var server = await ServerProcess.StartAsync(_folder))
            await server.TerminateAsync();

        Assert.Equal(0, (await ServerProcess.RunAsync(_folder, ["check"])).ExitCode);
        Assert.False(FolderLock.IsOpen(_folder.File("data/lock")));
    }

    /// <summary>A server that is killed when it has replaced a large value, and written small ones.</summary>
    /// <returns>The files of values.</returns>
    private async Task<string[]> CrashAsync()
    {
        await using var server = await ServerProcess.StartAsync(_folder);
        var deployment = await server.CreateAsync();
        for (var i = 0; i < 100; i++)
            Assert.Equal(200, (await deployment.PutAsync($"k{i}", RandomNumberGenerator.GetBytes(3000))).Status);
        Assert.Equal(200, (await deployment.PutAsync("large", new byte[500_000])).Status);
        Assert.Equal(200, (await deployment.PutAsync("large", new byte[500_001])).Status);
        await server.KillAsync();
        return Directory.GetFiles(_folder.File("data/values"));
    }

    private void Overwrite(long offset)
    {
        using var log = File.OpenWrite(Log);
        log.Position = offset;
        log.Write(RandomNumberGenerator.GetBytes(32));
    }
}
