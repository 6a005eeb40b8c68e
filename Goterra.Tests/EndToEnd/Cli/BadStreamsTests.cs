using static Goterra.Tests.Support.TestCommand;

namespace Goterra.Tests.EndToEnd.Cli;

/// <summary>Standard streams on a full disk, or without a reader.</summary>
[Trait("Category", "EndToEnd")]
public sealed class BadStreamsTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    [Theory]
    [InlineData("get --no-wait nobody", 3)]
    [InlineData("get --bad-option", 2)]
    [InlineData("elect leader -- sh -c 'exit 6'", 6)]
    [InlineData("run --name inner --token bad -- sh -c 'echo out; echo err >&2; exit 6'", 6)]
    [InlineData("once key -- sh -c 'echo err >&2; kill -TERM $$'", 143)]
    public async Task Run_StderrOnAFullDisk_KeepsTheExitCode(string line, int exitCode)
    {
        var deployment = await fixture.Server.CreateAsync();

        // Run by another client, because its command needs a shell.
        var run = await CliProcess.RunAsync(
            [
                "run", "--name", "outer", "--host", "n1", "--pass-credentials", "--",
                "sh", "-c", $"{CliProcess.ProgramPath} {line} 2> /dev/full",
            ],
            Variables(deployment));

        Assert.Equal(exitCode, run.ExitCode);
    }

    [Theory]
    [InlineData("run --name db --host n1")]
    [InlineData("once key")]
    [InlineData("elect leader")]
    [InlineData("exec")]
    public async Task Run_BrokenPipeInTheCommand_EndsTheWriter(string line)
    {
        var deployment = await fixture.Server.CreateAsync();

        var run = await CliProcess.RunAsync(
            [.. line.Split(' '), "--", "sh", "-c", "kill -PIPE $$; echo goes on"], Variables(deployment));

        Assert.Equal((141, ""), (run.ExitCode, run.Text));
    }

    [TheoryWith("mkfifo")]
    [InlineData("list")]
    [InlineData("status --json")]
    [InlineData("get k")]
    [InlineData("get --help")]
    [InlineData("completion bash")]
    [InlineData("doctor")]
    public async Task Run_ReaderOfStdoutIsGone_EndsSilently(string line)
    {
        var deployment = await fixture.Server.CreateAsync();
        await deployment.PutAsync("k", "v");

        var run = await CliProcess.RunAsync(
            [
                "run", "--name", "outer", "--host", "n1", "--pass-credentials", "--",
                "sh", "-c",
                // A pipe that no process reads from.
                "d=$(mktemp -d); mkfifo $d/p; exec 4<>$d/p 3>$d/p 4>&-; rm -r $d; "
                    + $"errors=$({CliProcess.ProgramPath} {line} 2>&1 >&3); echo \"$?[$errors]\"",
            ],
            Variables(deployment));

        Assert.Equal("141[]\n", run.Text);
    }
}
