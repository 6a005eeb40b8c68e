using System.Text;
using static Goterra.Tests.Support.ScriptedServer;

namespace Goterra.Tests.EndToEnd.Cli;

/// <summary>The client as a process, with real streams, environment and signals.</summary>
[Trait("Category", "EndToEnd")]
public sealed class ProcessTests
{
    [Fact]
    public async Task Get_Process_WritesTheBytesToStdoutAndNothingElse()
    {
        byte[] value = [0, 255, 10, 13, 200];
        await using var server = await StartAsync(Problem(503, "starting"), Raw(value));

        var run = await CliProcess.RunAsync(["get", "k"], CliRun.VariablesFor(server.Url));

        Assert.Equal(0, run.ExitCode);
        Assert.Equal([.. value, (byte)'\n'], run.Output);
        Assert.Equal("goterra-cli: get k: starting; retrying\n", run.Errors);
    }

    [Fact]
    public async Task Put_ProcessCalledLikeTheOriginal_SendsStdin()
    {
        await using var server = await StartAsync(Done);
        var input = Encoding.UTF8.GetBytes("é\n");

        var run = await CliProcess.RunAsync(
            ["--deployment", "d1", "--url", server.Url, "--token", "T", "put", "log", "-"], input: input);

        Assert.Equal((0, "", ""), (run.ExitCode, run.Text, run.Errors));
        Assert.Equal(input, Assert.Single(server.Requests).Body);
    }

    [Theory]
    [InlineData("get", 2)]
    [InlineData("get ..", 2)]
    [InlineData("--version", 0)]
    public async Task Run_Process_ExitsWithTheCode(string line, int exitCode)
    {
        var run = await CliProcess.RunAsync(line.Split(' '));

        Assert.Equal(exitCode, run.ExitCode);
    }

    [Theory]
    [InlineData("TERM", 143)]
    [InlineData("INT", 130)]
    public async Task Get_Signal_EndsTheWaitAtOnce(string signal, int exitCode)
    {
        var waiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = await StartAsync(async context =>
        {
            waiting.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        });
        using var process = CliProcess.Start(["get", "k"], CliRun.VariablesFor(server.Url));
        await waiting.Task;

        TestCommand.Signal(signal, process.Id);
        var run = await process.WaitAsync();

        Assert.Equal((exitCode, ""), (run.ExitCode, run.Text));
    }

    [Fact]
    public async Task Watch_Interrupted_ExitsAtOnce()
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = await StartAsync(
            AndThenSilence(Events("event: put\ndata: {\"key\":\"k\"}\n\n"), _ => reached.SetResult()));
        using var process = CliProcess.Start(["watch"], CliRun.VariablesFor(server.Url));
        await reached.Task;
        await process.FirstOutputAsync();

        TestCommand.Signal("INT", process.Id);
        var run = await process.WaitAsync();

        Assert.Equal((130, "put       k\n", ""), (run.ExitCode, run.Text, run.Errors));
    }
}
