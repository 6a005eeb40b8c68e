using static Goterra.Tests.Support.TestCommand;

namespace Goterra.Tests.EndToEnd.Cli;

/// <summary>`once`, with real processes, commands and server.</summary>
[Trait("Category", "EndToEnd")]
public sealed partial class OnceTests(ServerFixture fixture) : IClassFixture<ServerFixture>, IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public async Task Once_SixMachines_OneRunsAndAllExitAlike(int exitCode)
    {
        var deployment = await fixture.Server.CreateAsync();
        var runs = _folder.File("runs");
        var machines = Enumerable.Range(0, 6)
            .Select(
                machine =>
                    Start(
                        deployment,
                        [],
                        "init",
                        $"echo ran >> {runs}; {Shows("began")}; {Get("go")}; "
                        + $"printf 'of {machine}\\377'; exit {exitCode}"))
            .ToList();
        await ShownAsync(deployment, "began");
        // The others wait for the one that runs the command, which waits for the test.
        await fixture.Server.WaitersAsync(6);
        await deployment.PutAsync("go", "");

        var ends = await Task.WhenAll(machines.Select(machine => machine.WaitAsync()));

        Assert.Equal("ran\n", await File.ReadAllTextAsync(runs));
        Assert.All(
            ends,
            end =>
                Assert.Equal(
                    (exitCode, Convert.ToHexString(ends[0].Output)), (end.ExitCode, Convert.ToHexString(end.Output))));
        Assert.Matches("^6F6620[0-9A-F]{2}FF$", Convert.ToHexString(ends[0].Output));
        // After success, the output is also the value of the key.
        var value = await deployment.GetAsync("init?raw");
        Assert.Equal(
            exitCode == 0 ? (200, Convert.ToHexString(ends[0].Output)) : (404, ""),
            (value.Status, value.Status == 200 ? Convert.ToHexString(value.Bytes) : ""));
        machines.ForEach(machine => machine.Dispose());
    }

    [Fact]
    public async Task Once_Failed_IsNotRetriedUntilTheRecordIsRemoved()
    {
        var deployment = await fixture.Server.CreateAsync();

        var first = await RunAsync(deployment, [], "init", "echo half; exit 3");
        var later = await RunAsync(deployment, [], "init", "echo whole");
        Assert.Equal(0, (await CliProcess.RunAsync(["rm", "_once/init"], Variables(deployment))).ExitCode);
        var again = await RunAsync(deployment, [], "init", "echo whole");

        Assert.Equal((3, "half\n", ""), (first.ExitCode, first.Text, first.Errors));
        Assert.Equal((3, "half\n"), (later.ExitCode, later.Text));
        Assert.Contains("to run it again: goterra-cli rm _once/init", later.Errors, StringComparison.Ordinal);
        Assert.Equal((0, "whole\n"), (again.ExitCode, again.Text));
    }

    [Fact]
    public async Task Once_MachineDies_AnotherTakesOver()
    {
        var deployment = await fixture.Server.CreateAsync();
        using var dies = Start(deployment, ["--ttl", "3s"], "init", $"{Shows("began")}; exec sleep 600");
        var command = await ShownAsync(deployment, "began");
        using var other = Start(deployment, [], "init", "echo of the other");
        await fixture.Server.WaitersAsync(1);

        Signal("KILL", dies.Id);

        var end = await other.WaitAsync();
        Assert.Equal((0, "of the other\n"), (end.ExitCode, end.Text));
        Signal("KILL", command);
    }

    [Fact]
    public async Task Once_Terminated_AnotherTakesOverAtOnce()
    {
        var deployment = await fixture.Server.CreateAsync();
        // With this ttl, a takeover shows that the lease was released.
        using var leaves = Start(deployment, ["--ttl", "24h"], "init", $"{Shows("began")}; exec sleep 600");
        await ShownAsync(deployment, "began");
        using var other = Start(deployment, [], "init", "echo of the other");
        await fixture.Server.WaitersAsync(1);

        Signal("TERM", leaves.Id);

        Assert.Equal(143, (await leaves.WaitAsync()).ExitCode);
        Assert.Equal((0, "of the other\n"), ((await other.WaitAsync()).ExitCode, (await other.WaitAsync()).Text));
    }

    [Fact]
    public async Task Once_TerminatedWhileWaiting_Exits()
    {
        var deployment = await fixture.Server.CreateAsync();
        using var runs = Start(deployment, [], "init", $"{Shows("began")}; exec sleep 600");
        await ShownAsync(deployment, "began");
        using var waits = Start(deployment, [], "init", "echo never");
        await fixture.Server.WaitersAsync(1);

        Signal("TERM", waits.Id);

        Assert.Equal((143, ""), ((await waits.WaitAsync()).ExitCode, (await waits.WaitAsync()).Text));
        Signal("TERM", runs.Id);
        Assert.Equal(143, (await runs.WaitAsync()).ExitCode);
    }

    [Fact]
    public async Task Once_SuspendedPastItsLease_TakesTheOthersResult()
    {
        var deployment = await fixture.Server.CreateAsync();
        using var sleeps = Start(deployment, ["--ttl", "6s"], "init", $"{Shows("began")}; echo half; {Get("never")}");
        var command = await ShownAsync(deployment, "began");
        Signal("STOP", sleeps.Id);
        var other = await RunAsync(deployment, [], "init", "echo of the other");

        Signal("CONT", sleeps.Id);

        var end = await sleeps.WaitAsync();
        Assert.Equal((0, "of the other\n"), (other.ExitCode, other.Text));
        Assert.Equal((0, "of the other\n"), (end.ExitCode, end.Text));
        Assert.False(IsAlive(command));
        Assert.Equal("of the other\n", (await deployment.GetAsync("init?raw")).Text);
    }

    [Fact]
    public async Task Once_WinnersResponseLost_LearnsThatItWon()
    {
        var deployment = await fixture.Server.CreateAsync();
        await using var lossy = await LossyProxy.StartAsync(deployment.Server, request => request.Method == "PUT");
        var variables = Variables(deployment);
        variables["GOT_URL"] = lossy.Url;

        // The first response to each of three writes is lost: the lease, the output, the result.
        var won = await CliProcess.RunAsync(["once", "init", "--", "echo", "won"], variables);
        var later = await RunAsync(deployment, [], "init", "echo never");

        Assert.Equal((0, "won\n"), (won.ExitCode, won.Text));
        Assert.Equal((0, "won\n"), (later.ExitCode, later.Text));
        Assert.Equal(3, lossy.Lost);
    }

    [Fact]
    public async Task Once_ResponseWithExpiredLease_CountsAsLost()
    {
        await using var server = await ScriptedServer.StartAsync(
            context =>
            {
                context.Response.Headers.ETag = "\"1.aaaaaaaaaaaaaaaa\"";
                context.Response.Headers.Date = "Wed, 25 Nov 2026 12:00:00 GMT";
                return ScriptedServer.Json(
                    """{"message":"done","revision":1,"expires":"2026-11-25T11:59:59.5Z"}""")(context);
            },
            ScriptedServer.Problem(412, "somebody else has it"),
            ScriptedServer.Tagged(
                "{\"state\":\"over\",\"host\":\"n2\",\"exit_code\":0}\ntheirs", "\"5.bbbbbbbbbbbbbbbb\""));

        var run = await CliProcess.RunAsync(["once", "init", "--", "echo", "ran"], CliRun.VariablesFor(server.Url));

        Assert.Equal((0, "theirs"), (run.ExitCode, run.Text));
    }

    [Fact]
    public async Task Once_Command_GetsTheFenceButNoCredentials()
    {
        var deployment = await fixture.Server.CreateAsync();

        var without = await CliProcess.RunAsync(["once", "a b", "--", "env"], Variables(deployment));
        var with = await CliProcess.RunAsync(["once", "c", "--pass-credentials", "--", "env"], Variables(deployment));

        Assert.DoesNotContain("GOT_TOKEN=", without.Text, StringComparison.Ordinal);
        Assert.Matches("(?m)^GOT_FENCE=_once/a%20b \"[^\"]+\"$", without.Text);
        Assert.Contains($"GOT_TOKEN={deployment.Token}\n", with.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Once_CommandNotFound_AnotherTakesOver()
    {
        var deployment = await fixture.Server.CreateAsync();

        var lacks = await CliProcess.RunAsync(
            ["once", "init", "--ttl", "24h", "--", "no-such-program-anywhere"], Variables(deployment));
        var other = await RunAsync(deployment, [], "init", "echo here");

        Assert.Equal(127, lacks.ExitCode);
        Assert.Equal((0, "here\n"), (other.ExitCode, other.Text));
    }

    [Fact]
    public async Task Once_DeploymentFails_EndsTheWait()
    {
        var deployment = await fixture.Server.CreateAsync();
        using var runs = Start(deployment, [], "init", $"{Shows("began")}; exec sleep 600");
        await ShownAsync(deployment, "began");
        using var waits = Start(deployment, [], "init", "echo never");
        await fixture.Server.WaitersAsync(1);

        await deployment.PostAsync("fail", """{"reason":"no disk"}""");

        var end = await waits.WaitAsync();
        Assert.Equal((6, ""), (end.ExitCode, end.Text));
        Assert.Contains("no disk", end.Errors, StringComparison.Ordinal);
        Signal("TERM", runs.Id);
        Assert.Equal(143, (await runs.WaitAsync()).ExitCode);
    }

    [Theory]
    [InlineData("once", "needs -- before the COMMAND")]
    [InlineData("once k true", "needs -- before the COMMAND")]
    [InlineData("once k more -- true", "once takes one KEY before the --")]
    [InlineData("once -- true", "needs a KEY before the --")]
    [InlineData("once k --", "needs a COMMAND after the --")]
    [InlineData("once k --ttl 5 -- true", "--ttl must be a time with a unit")]
    [InlineData("once k --ttl 25h -- true", "--ttl must be a time with a unit, from 1s to 24h")]
    public async Task Once_InvalidArguments_IsAUsageErrorAndRunsNothing(string line, string message)
    {
        var run = await CliProcess.RunAsync(line.Split(' '), CliRun.VariablesFor("http://127.0.0.1:1"));

        Assert.Equal((2, ""), (run.ExitCode, run.Text));
        Assert.Contains(message, run.Errors, StringComparison.Ordinal);
    }

    /// <summary>A shell command that waits for a key.</summary>
    private static string Get(string key) => $"{CliProcess.ProgramPath} get --out /dev/null {key}";

    private static CliProcess Start(TestDeployment deployment, string[] options, string key, string script) =>
        CliProcess.Start(
            ["once", key, "--pass-credentials", .. options, "--", "sh", "-c", script], Variables(deployment));

    private static async Task<CliRun> RunAsync(TestDeployment deployment, string[] options, string key, string script)
    {
        using var process = Start(deployment, options, key, script);
        return await process.WaitAsync();
    }
}
