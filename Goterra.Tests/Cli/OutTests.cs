using System.Diagnostics;
using Goterra.Cli.Processes;
using Goterra.Tests.Hosting;
using static Goterra.Tests.Cli.ScriptedServer;

namespace Goterra.Tests.Cli;

/// <summary>`get --out` where there is something already that is no plain file.</summary>
public sealed class OutTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [FactWith("mkfifo")]
    public async Task Get_OutIsAPipe_GoesThroughIt()
    {
        var pipe = _folder.File("pipe");
        using (var made = Process.Start("mkfifo", [pipe]))
            await made.WaitForExitAsync();
        await using var server = await StartAsync(Raw("v"));

        var read = Task.Run(() => File.ReadAllText(pipe));
        var run = await CliRun.RunAsync(server, "get", "k", "--out", pipe);

        Assert.Equal((0, "", ""), (run.ExitCode, run.Text, run.Errors));
        Assert.Equal("v", await read);
        Assert.True(Libc.IsSpecial(pipe));
    }

    [Fact]
    public async Task Get_OutIsALink_ReplacesWhatItLeadsTo()
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
