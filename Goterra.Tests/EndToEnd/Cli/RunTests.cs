using System.Globalization;
using System.Text.Json;
using static Goterra.Tests.Support.TestCommand;

namespace Goterra.Tests.EndToEnd.Cli;

/// <summary>`run`, with real commands and the real server.</summary>
[Trait("Category", "EndToEnd")]
public sealed partial class RunTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    [Fact]
    public async Task Run_CommandSucceeds_StoresItsState()
    {
        var deployment = await fixture.Server.CreateAsync();

        var run = await RunAsync(deployment, ["--name", "db", "--host", "n1"], "printf out; printf err >&2");

        Assert.Equal((0, "out", "err"), (run.ExitCode, run.Text, run.Errors));
        Assert.Equal("over", await RawAsync(deployment, "status_app_db_n1"));
        var start = long.Parse(await RawAsync(deployment, "ts_start_db_n1"), CultureInfo.InvariantCulture);
        var end = long.Parse(await RawAsync(deployment, "ts_end_db_n1"), CultureInfo.InvariantCulture);
        Assert.InRange(end, start, start + 3600);
        Assert.Equal(6, (await RawAsync(deployment, "_log_app_db_n1")).Length);
        var record = JsonDocument.Parse(await RawAsync(deployment, "_run_app_db_n1")).RootElement;
        Assert.Equal(("over", "db", "n1", 0), (
            record.GetProperty("state").GetString(),
            record.GetProperty("name").GetString(),
            record.GetProperty("host").GetString(),
            record.GetProperty("exit_code").GetInt32()));
        Assert.True(record.GetProperty("seconds").GetDouble() > 0);
        Assert.Equal(404, (await deployment.GetAsync("_heartbeat_app_db_n1")).Status);
    }

    [Fact]
    public async Task Run_CommandFails_PassesItsExitCodeAndStoresIt()
    {
        var deployment = await fixture.Server.CreateAsync();

        var run = await RunAsync(deployment, ["--name", "db", "--host", "n1"], "echo no disk; exit 3");

        Assert.Equal((3, "no disk\n", ""), (run.ExitCode, run.Text, run.Errors));
        Assert.Equal("failed", await RawAsync(deployment, "status_app_db_n1"));
        Assert.Equal("no disk\n", await RawAsync(deployment, "_log_app_db_n1"));
        Assert.Equal("active", (await deployment.GetAsync("")).Json.GetProperty("state").GetString());
        Assert.Contains(
            "failed   db on n1: exit code 3 after",
            (await CliProcess.RunAsync(["status"], Variables(deployment))).Text,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_FailDeployment_EndsTheWaitsOfAllWithTheReason()
    {
        var deployment = await fixture.Server.CreateAsync();
        var wait = deployment.GetAsync("never?wait=5m");

        var run = await RunAsync(deployment, ["--name", "db", "--host", "n1", "--fail-deployment"], "exit 3");

        Assert.Equal(3, run.ExitCode);
        var ended = await wait;
        Assert.Equal(424, ended.Status);
        Assert.Contains("db on n1 failed with exit code 3", ended.Text, StringComparison.Ordinal);
        Assert.Equal("failed", await RawAsync(deployment, "status_app_db_n1"));
    }

    [Fact]
    public async Task Run_LongOutput_StoresItsLastCharacters()
    {
        var deployment = await fixture.Server.CreateAsync();

        var run = await RunAsync(
            deployment, ["--name", "db", "--host", "n1", "--log-bytes", "10"], "printf 'begin\\nééééé\\377end'");

        Assert.Equal(0, run.ExitCode);
        Assert.Equal(20, run.Output.Length);
        var log = (await deployment.GetAsync("_log_app_db_n1?raw")).Bytes;
        Assert.InRange(log.Length, 7, 10);
        Assert.EndsWith(
            "\uFFFDend",
            new System.Text.UTF8Encoding(false, throwOnInvalidBytes: true).GetString(log),
            StringComparison.Ordinal);
        Assert.Equal(
            0,
            (await RunAsync(deployment, ["--name", "quiet", "--host", "n1", "--log-bytes", "0"], "echo x")).ExitCode);
        Assert.Equal(404, (await deployment.GetAsync("_log_app_quiet_n1")).Status);
    }

    [Fact]
    public async Task Run_ByDefault_StoresTheLast64Kilobytes()
    {
        var deployment = await fixture.Server.CreateAsync();

        var run = await RunAsync(
            deployment, ["--name", "db", "--host", "n1"], "head -c 300000 /dev/zero | tr '\\0' x; printf END");

        Assert.Equal(300_003, run.Output.Length);
        Assert.Equal(new string('x', 65_533) + "END", await RawAsync(deployment, "_log_app_db_n1"));
    }

    [Fact]
    public async Task Run_Credentials_AreRemovedFromTheEnvironment()
    {
        var deployment = await fixture.Server.CreateAsync();
        var variables = Variables(deployment);
        variables["GOT_APIKEY"] = "key";
        variables["OTHER"] = "stays";
        string[] command = ["--", "env"];

        var without = await CliProcess.RunAsync(["run", "--name", "a", "--host", "n1", .. command], variables);
        var with = await CliProcess.RunAsync(
            ["run", "--name", "b", "--host", "n1", "--pass-credentials", .. command], variables);

        Assert.DoesNotContain("GOT_TOKEN=", without.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("GOT_APIKEY=", without.Text, StringComparison.Ordinal);
        Assert.Contains("OTHER=stays\n", without.Text, StringComparison.Ordinal);
        Assert.Contains($"GOT_TOKEN={deployment.Token}\n", with.Text, StringComparison.Ordinal);
        Assert.Contains("GOT_APIKEY=key\n", with.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("TERM", "trap 'echo got TERM; exit 7' TERM", 7)]
    [InlineData("HUP", "trap 'echo got HUP; exit 7' HUP", 7)]
    [InlineData("USR1", "trap 'echo got USR1; exit 7' USR1", 7)]
    [InlineData("INT", "trap 'echo got INT; exit 7' INT", 7)]
    [InlineData("TERM", ":", 143)]
    [InlineData("QUIT", "ulimit -c 0", 131)]
    public async Task Run_Signal_ReachesTheCommand(string signal, string trap, int exitCode)
    {
        var deployment = await fixture.Server.CreateAsync();
        using var run = CliProcess.Start(
            [
                "run", "--name", "db", "--host", "n1", "--",
                "sh", "-c", $"{trap}; echo ready; while :; do sleep 0.05; done",
            ],
            Variables(deployment));
        await run.FirstOutputAsync();

        Signal(signal, run.Id);

        var ended = await run.WaitAsync();
        Assert.Equal(exitCode, ended.ExitCode);
        Assert.Equal(exitCode == 7 ? $"ready\ngot {signal}\n" : "ready\n", ended.Text);
        Assert.Equal("failed", await RawAsync(deployment, "status_app_db_n1"));
    }

    [Fact]
    public async Task Run_MachineDied_StatusShowsIt()
    {
        var deployment = await fixture.Server.CreateAsync();
        var variables = Variables(deployment);
        using var works = CliProcess.Start(
            ["run", "--name", "works", "--host", "n1", "--", "sh", "-c", "echo $$; exec sleep 600"], variables);
        using var dies = CliProcess.Start(
            ["run", "--name", "dies", "--host", "n2", "--", "sh", "-c", "echo $$; exec sleep 600"], variables);
        foreach (var app in new[] { "works_n1", "dies_n2" })
            Assert.Equal("start", await ValueAsync(deployment, $"status_app_{app}"));
        await deployment.PutAsync("status_app_script_n3", "start");
        Assert.Contains(
            "running  dies on n2: for",
            (await CliProcess.RunAsync(["status"], variables)).Text,
            StringComparison.Ordinal);

        Signal("KILL", dies.Id);
        var beat = await deployment.GetAsync("_heartbeat_app_dies_n2");
        Assert.Equal(
            404, (await deployment.GetAsync("_heartbeat_app_dies_n2?wait=5m", ("If-None-Match", beat.ETag!))).Status);

        var status = (await CliProcess.RunAsync(["status"], variables)).Text;
        Assert.Contains("3 apps\n  DIED     dies on n2: started", status, StringComparison.Ordinal);
        Assert.Contains("running  works on n1: for", status, StringComparison.Ordinal);
        Assert.Contains("start    script_n3: ", status, StringComparison.Ordinal);
        Signal("TERM", works.Id);
        Assert.Equal(143, (await works.WaitAsync()).ExitCode);
        Signal("KILL", int.Parse((await dies.WaitForOutputAsync()).Trim(), CultureInfo.InvariantCulture));
    }

    [Theory]
    [InlineData("run -- true", "--name")]
    [InlineData("run --name a true", "needs -- before the COMMAND")]
    [InlineData("run --name a", "needs -- before the COMMAND")]
    [InlineData("run --name a ls -l", "needs -- before the COMMAND")]
    [InlineData("run a -- ls", "run takes no operand before the --")]
    [InlineData("run --nme a -- ls", "unknown option --nme: did you mean --name? See goterra-cli run -h")]
    [InlineData("run --name a --", "needs a COMMAND after the --")]
    [InlineData("run --name a/b -- true", "--name must have")]
    [InlineData("run --name a --log-bytes x -- true", "--log-bytes")]
    public async Task Run_InvalidArguments_IsAUsageErrorAndRunsNothing(string line, string message)
    {
        var run = await CliProcess.RunAsync(line.Split(' '), CliRun.VariablesFor("http://127.0.0.1:1"));

        Assert.Equal((2, ""), (run.ExitCode, run.Text));
        Assert.Contains(message, run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_ArgumentsAfterTheDashes_BelongToTheCommand()
    {
        var deployment = await fixture.Server.CreateAsync();

        var run = await CliProcess.RunAsync(
            ["run", "-name", "db", "-host=n1", "--", "printf", "%s|", "-url", "--", "--name=x", "@f", "", "-h"],
            Variables(deployment));

        Assert.Equal((0, "-url|--|--name=x|@f||-h|"), (run.ExitCode, run.Text));
    }

    private static Task<CliRun> RunAsync(TestDeployment deployment, string[] options, string script) =>
        CliProcess.RunAsync(["run", .. options, "--", "sh", "-c", script], Variables(deployment));

    private static async Task<string> RawAsync(TestDeployment deployment, string key)
    {
        var reply = await deployment.GetAsync(key + "?raw");
        Assert.True(reply.Status == 200, $"{key}: {reply.Status}");
        return reply.Text;
    }
}
