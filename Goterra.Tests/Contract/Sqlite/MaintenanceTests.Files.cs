using Goterra.Infrastructure.Files;
using Goterra.Infrastructure.Sqlite;
using Microsoft.Data.Sqlite;

namespace Goterra.Tests.Contract.Sqlite;

public sealed partial class MaintenanceTests
{
    [Theory]
    [InlineData("goterra-store.secret")]
    [InlineData("empty")]
    [InlineData("link")]
    [InlineData("data-of-another/goterra.db")]
    public async Task Backup_TargetIsNoBackup_IsRefusedAndUnchanged(string target)
    {
        await PrepareAsync("v"u8.ToArray());
        await File.WriteAllTextAsync(_folder.File("empty"), "");
        File.CreateSymbolicLink(_folder.File("link"), _folder.File("goterra-store.secret"));
        Directory.CreateDirectory(_folder.File("data-of-another"));
        File.Copy(_folder.File("data/goterra.db"), _folder.File("data-of-another/goterra.db"));
        var before = await File.ReadAllBytesAsync(_folder.File(target));

        var (code, output) = await RunAsync("backup", _folder.File(target));

        Assert.Equal(2, code);
        Assert.Contains("is not a backup of goterra-store", output, StringComparison.Ordinal);
        Assert.Equal(before, await File.ReadAllBytesAsync(_folder.File(target)));
    }

    [FactWith("mkfifo")]
    public async Task RunAsync_FileIsPipe_IsRefused()
    {
        await PrepareAsync("v"u8.ToArray());
        var pipe = await _folder.PipeAsync("pipe");

        foreach (var command in new[] { "backup", "restore" })
        {
            var (code, output) =
                await RunAsync(command, pipe, "--data", _folder.File(command == "backup" ? "data" : "x"));
            Assert.Equal(2, code);
            Assert.Contains("a device or a pipe", output, StringComparison.Ordinal);
        }

        Assert.Equal(FileStatus.Of(pipe), FileStatus.Of(pipe));
        Assert.False(FileStatus.Of(pipe)!.Value.IsRegular);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Backup_LockIsAnotherFile_IsRefusedAndKept(bool dangling)
    {
        await PrepareAsync("v"u8.ToArray());
        if (dangling)
            File.CreateSymbolicLink(_folder.File("copy.lock"), _folder.File("elsewhere"));
        else
            await File.WriteAllTextAsync(_folder.File("copy.lock"), "of a package manager");

        var (code, output) = await RunAsync("backup", _folder.File("copy"));

        Assert.Equal(2, code);
        Assert.Contains("copy.lock", output, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder.File("elsewhere")));
        Assert.Single(Directory.GetFiles(_folder.Path, "copy*"));
    }

    [Fact]
    public async Task Backup_PreviousOneKilled_RemovesItsFiles()
    {
        await PrepareAsync("v"u8.ToArray());
        string[] rest = ["copy.0123abcd.new", "copy.0123abcd.new-journal", "copy.lock"];
        string[] others = ["copy.new", "copy.0123abcd.new.bak", "copy2.0123abcd.new"];
        foreach (var name in rest.Concat(others))
            await File.WriteAllTextAsync(_folder.File(name), "");

        Assert.Equal(0, (await RunAsync("backup", _folder.File("copy"))).ExitCode);

        Assert.Equal(
            others.Append("copy").Order(StringComparer.Ordinal),
            Directory.GetFiles(_folder.Path, "copy*").Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(4096)]
    [InlineData(1)]
    [InlineData(100_000)]
    public async Task Restore_Truncated_IsRefusedAndNamed(int bytes)
    {
        await PrepareAsync(new byte[300_000]);
        Assert.Equal(0, (await RunAsync("backup", _folder.File("copy"))).ExitCode);
        await using (var file = File.OpenWrite(_folder.File("copy")))
            file.SetLength(file.Length - bytes);

        var (code, output) = await RunAsync("restore", _folder.File("copy"), "--data", _folder.File("other"));

        Assert.Equal(2, code);
        Assert.Contains($"{_folder.File("copy")} is truncated", output, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder.File("other/goterra.db")));
    }

    [Theory]
    [InlineData("PRAGMA user_version = -1", "impossible format -1")]
    [InlineData("INSERT OR REPLACE INTO settings (name, value) VALUES ('lease_now', 'x')", "lease_now is not a time")]
    [InlineData(
        "INSERT OR REPLACE INTO settings (name, value) VALUES ('lease_now', '9223372036854775807')",
        "lease_now is not a time")]
    [InlineData("DROP TABLE replays", "table replays is missing")]
    [InlineData("DROP INDEX tombstones_by_end", "index tombstones_by_end is missing")]
    [InlineData("ALTER TABLE tickets DROP COLUMN client", "table tickets is not as it should be")]
    public async Task Check_DatabaseChanged_ReportsItAsStartAndRestoreDo(string change, string message)
    {
        await PrepareAsync("v"u8.ToArray());
        Assert.Equal(0, (await RunAsync("backup", _folder.File("copy"))).ExitCode);
        foreach (var file in new[] { "data/goterra.db", "copy" })
        {
            using var session = new SqliteSession(_folder.File(file), SqliteOpenMode.ReadWrite, cacheKilobytes: 100);
            session.Execute(change);
        }

        var (code, output) = await RunAsync("check");
        Assert.Equal(1, code);
        Assert.Contains(message, output, StringComparison.Ordinal);

        foreach (var args in new string[][] { [], ["restore", _folder.File("copy"), "--data", _folder.File("other")] })
        {
            (code, output) = await RunAsync(args);
            Assert.Equal(2, code);
            Assert.Contains(args.Length == 0 ? message : "copy", output, StringComparison.Ordinal);
            Assert.Single(output.TrimEnd().Split('\n'));
        }
    }
}
