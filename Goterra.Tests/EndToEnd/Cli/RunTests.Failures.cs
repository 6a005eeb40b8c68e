using System.Globalization;
using static Goterra.Tests.Support.TestCommand;

namespace Goterra.Tests.EndToEnd.Cli;

[Trait("Category", "EndToEnd")]
public sealed partial class RunTests
{
    [Fact]
    public async Task Run_ServerUnreachable_RunsTheCommandAndExitsInTime()
    {
        var variables = CliRun.VariablesFor(await ScriptedServer.DeadUrlAsync());

        var run = await CliProcess.RunAsync(
            ["run", "--name", "db", "--timeout", "1s", "--", "sh", "-c", "echo worked; exit 5"], variables);

        Assert.Equal((5, "worked\n"), (run.ExitCode, run.Text));
        Assert.Contains("could not be reached", run.Errors, StringComparison.Ordinal);
        Assert.Contains("has exited with code 5", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_InvalidToken_RunsTheCommand()
    {
        var deployment = await fixture.Server.CreateAsync();
        var variables = Variables(deployment);
        variables["GOT_TOKEN"] = "nonsense";

        var run = await CliProcess.RunAsync(["run", "--name", "db", "--", "sh", "-c", "exit 5"], variables);

        Assert.Equal(5, run.ExitCode);
        Assert.Contains("not authorized", run.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/nonexistent/program", 127)]
    [InlineData("no-such-program-anywhere", 127)]
    [InlineData("/etc/passwd", 126)]
    [InlineData("/", 126)]
    public async Task Run_CommandNotFound_IsAFailedApp(string program, int exitCode)
    {
        var deployment = await fixture.Server.CreateAsync();

        var run = await CliProcess.RunAsync(
            ["run", "--name", "db", "--host", "n1", "--", program], Variables(deployment));

        Assert.Equal(exitCode, run.ExitCode);
        Assert.StartsWith($"goterra-cli: {program}: ", run.Errors, StringComparison.Ordinal);
        Assert.Equal("failed", await RawAsync(deployment, "status_app_db_n1"));
        Assert.Contains(program, await RawAsync(deployment, "_log_app_db_n1"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_CommandLeavesAProcess_Exits()
    {
        var deployment = await fixture.Server.CreateAsync();

        var run = await CliProcess.RunAsync(
            ["run", "--name", "db", "--host", "n1", "--", "sh", "-c", "sleep 600 </dev/null & echo $!"],
            Variables(deployment));

        Assert.Equal(0, run.ExitCode);
        Signal("KILL", int.Parse(run.Text.Trim(), CultureInfo.InvariantCulture));
    }

    [Fact]
    public async Task Run_NobodyReadsTheOutput_TheCommandGetsSigpipe()
    {
        var deployment = await fixture.Server.CreateAsync();

        var run = await CliProcess.RunAsync(
            [
                "run", "--name", "outer", "--host", "n1", "--pass-credentials", "--",
                "sh", "-c", $"{CliProcess.ProgramPath} run --name inner --host n1 -- yes | head -1",
            ],
            Variables(deployment));

        Assert.Equal((0, "y\n"), (run.ExitCode, run.Text));
        Assert.Equal("failed", await RawAsync(deployment, "status_app_inner_n1"));
    }
}
