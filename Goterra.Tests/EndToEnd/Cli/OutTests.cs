extern alias cli;
using cli::Goterra.Cli.Processes;
using static Goterra.Tests.Support.ScriptedServer;

namespace Goterra.Tests.EndToEnd.Cli;

/// <summary>`get --out`, with existing files, links and pipes.</summary>
[Trait("Category", "EndToEnd")]
public sealed class OutTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Get_Out_ReplacesTheFileWithMode0600()
    {
        var file = _folder.File("token");
        await File.WriteAllTextAsync(file, "old");
        await using var server = await StartAsync(Raw("new"));

        var run = await CliRun.RunAsync(server, "get", "k", "--out", file);

        Assert.Equal((0, ""), (run.ExitCode, run.Text));
        Assert.Equal("new", await File.ReadAllTextAsync(file));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Assert.Equal([file], Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public async Task Get_OutInAMissingFolder_IsRefusedBeforeTheWait()
    {
        await using var server = await StartAsync(Raw("v"));

        var run = await CliRun.RunAsync(server, "get", "k", "--out", "/nonexistent/file");

        Assert.Equal(2, run.ExitCode);
        Assert.Empty(server.Requests);
    }

    [FactWith("mkfifo")]
    public async Task Get_OutIsAPipe_WritesToIt()
    {
        var pipe = await _folder.PipeAsync("pipe");
        await using var server = await StartAsync(Raw("v"));

        var read = Task.Run(() => File.ReadAllText(pipe));
        var run = await CliRun.RunAsync(server, "get", "k", "--out", pipe);

        Assert.Equal((0, "", ""), (run.ExitCode, run.Text, run.Errors));
        Assert.Equal("v", await read);
        Assert.True(Libc.IsSpecial(pipe));
    }

    [Fact]
    public async Task Get_OutIsALink_ReplacesItsTarget()
    {
        await File.WriteAllTextAsync(_folder.File("target"), "old");
        File.CreateSymbolicLink(_folder.File("link"), "target");
        await using var server = await StartAsync(Raw("v"));

        var run = await CliRun.RunAsync(server, "get", "k", "--out", _folder.File("link"));

        Assert.Equal((0, "", ""), (run.ExitCode, run.Text, run.Errors));
        Assert.Equal("v", await File.ReadAllTextAsync(_folder.File("target")));
        Assert.Equal("target", new FileInfo(_folder.File("link")).LinkTarget);
    }

    [Fact]
    public async Task Get_OutIsStdout_WritesThere()
    {
        await using var server = await StartAsync(Raw("v"));

        var run = await CliProcess.RunAsync(["get", "k", "--out", "/dev/stdout"], CliRun.VariablesFor(server.Url));

        Assert.Equal((0, "v", ""), (run.ExitCode, run.Text, run.Errors));
    }
}
