using System.Globalization;
using static Goterra.Tests.Support.TestCommand;

namespace Goterra.Tests.EndToEnd.Cli;

/// <summary>Dead man's switches of the client, with real processes and server.</summary>
[Trait("Category", "EndToEnd")]
public sealed class AliveTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    [Fact]
    public async Task Alive_Killed_EndsWaitsWithTheReason()
    {
        var deployment = await fixture.Server.CreateAsync();
        using var alive = Start(deployment, "alive", "--ttl", "2s", "--reason", "worker 1 is dead", "worker-1");
        await ArmedAsync(deployment, "worker-1");
        var waiting = CliProcess.RunAsync(["get", "join_token"], Variables(deployment));
        await fixture.Server.WaitersAsync(1);

        Signal("KILL", alive.Id);

        var run = await waiting;
        Assert.Equal((6, ""), (run.ExitCode, run.Text));
        Assert.Contains("worker 1 is dead", run.Errors, StringComparison.Ordinal);
        Assert.Equal(["worker-1: worker 1 is dead (lapsed)"], await FailuresAsync(deployment));
    }

    [Theory]
    [InlineData("TERM")]
    [InlineData("INT")]
    public async Task Alive_Signal_GivesItBack(string signal)
    {
        var deployment = await fixture.Server.CreateAsync();
        using var alive = Start(deployment, "alive", "--ttl", "24h", "worker-1");
        await ArmedAsync(deployment, "worker-1");

        Signal(signal, alive.Id);

        var run = await alive.WaitAsync();
        Assert.Equal((0, "", ""), (run.ExitCode, run.Text, run.Errors));
        Assert.Equal(404, (await deployment.GetAsync("worker-1")).Status);
    }

    [Fact]
    public async Task Alive_ParentEnds_Lapses()
    {
        var deployment = await fixture.Server.CreateAsync();
        var script = $"{CliProcess.ProgramPath} alive --ttl 2s worker-1 2>/dev/null >&2 & "
            + $"until {CliProcess.ProgramPath} get --no-wait worker-1; do sleep 0.1; done";

        var run = await RunInShellAsync(deployment, script);

        Assert.Equal(0, run.ExitCode);
        await Eventually.Async(async () => (await FailuresAsync(deployment)).Length == 1);
        Assert.Equal(["worker-1: no heartbeat from worker-1 (lapsed)"], await FailuresAsync(deployment));
    }

    [Fact]
    public async Task Alive_Command_GivesItBackAndTakesAnEarlierFailureBack()
    {
        var deployment = await fixture.Server.CreateAsync();
        await deployment.PutAsync(
            "worker-1?ttl=24h&on_lapse=fail", "left by a machine that has rebooted", ("Goterra-Lapse-Reason", "died"));
        await deployment.PostAsync("fail", """{"reason":"first boot","source":"worker-1"}""");
        await deployment.PostAsync("fail", """{"reason":"no disk","source":"worker-2"}""");

        var run = await CliProcess.RunAsync(
            ["alive", "worker-1", "--pass-credentials", "--", CliProcess.ProgramPath, "get", "worker-1"],
            Variables(deployment));

        Assert.Equal((0, Environment.MachineName + "\n", ""), (run.ExitCode, run.Text, run.Errors));
        Assert.Equal(["worker-2: no disk"], await FailuresAsync(deployment));
        Assert.Equal(404, (await deployment.GetAsync("worker-1")).Status);
    }

    [Fact]
    public async Task Alive_CommandFails_FailsTheDeploymentAtOnce()
    {
        var deployment = await fixture.Server.CreateAsync();

        var run = await CliProcess.RunAsync(
            ["alive", "worker-1", "--ttl", "24h", "--source", "w", "--", "sh", "-c", "exit 7"], Variables(deployment));

        Assert.Equal(7, run.ExitCode);
        Assert.Equal(["w: w failed with exit code 7"], await FailuresAsync(deployment));
        Assert.Equal(404, (await deployment.GetAsync("worker-1")).Status);
    }

    [Theory]
    [InlineData("no-such-program-anywhere", 127)]
    [InlineData("/etc/passwd", 126)]
    public async Task Alive_CommandCannotBeStarted_GivesItBack(string program, int exitCode)
    {
        var deployment = await fixture.Server.CreateAsync();

        var run = await CliProcess.RunAsync(["alive", "worker-1", "--", program], Variables(deployment));

        Assert.Equal(exitCode, run.ExitCode);
        Assert.Equal(404, (await deployment.GetAsync("worker-1")).Status);
    }

    [Fact]
    public async Task Alive_Revoked_EndsWith4()
    {
        var deployment = await fixture.Server.CreateAsync();
        using var alive = Start(deployment, "alive", "--ttl", "2s", "worker-1");
        await ArmedAsync(deployment, "worker-1");

        var revoked = await deployment.PostAsync("revoke");

        var run = await alive.WaitAsync();
        Assert.Equal(4, run.ExitCode);
        var renewed = fixture.Server.Open(deployment.Id, revoked.Json.GetProperty("token").GetString()!);
        await Eventually.Async(async () => (await renewed.GetAsync("worker-1")).Status == 404);
        Assert.Empty(await FailuresAsync(renewed));
    }

    [Fact]
    public async Task Run_Killed_EndsWaitsWithTheReason()
    {
        var deployment = await fixture.Server.CreateAsync();
        using var run = Start(
            deployment,
            "run", "--name", "db", "--host", "n1", "--fail-deployment", "--", "sh", "-c", "echo $$; exec sleep 600");
        var child = int.Parse((await run.WaitForOutputAsync()).Trim(), CultureInfo.InvariantCulture);
        await ArmedAsync(deployment, "_heartbeat_app_db_n1");
        var waiting = CliProcess.RunAsync(["get", "join_token"], Variables(deployment));
        await fixture.Server.WaitersAsync(1);

        Signal("KILL", run.Id);
        Signal("KILL", child);

        var ended = await waiting;
        Assert.Equal(6, ended.ExitCode);
        Assert.Contains("no heartbeat from db on n1", ended.Errors, StringComparison.Ordinal);
        Assert.Equal(["db@n1: no heartbeat from db on n1 (lapsed)"], await FailuresAsync(deployment));
    }

    [Fact]
    public async Task Run_SucceedsAtItsSecondBoot_TakesItsOwnFailureBack()
    {
        var deployment = await fixture.Server.CreateAsync();
        await deployment.PostAsync("fail", """{"reason":"no disk","source":"worker-2"}""");

        var first = await RunAsync("exit 7");
        var between = await FailuresAsync(deployment);
        var second = await RunAsync("exit 0");

        Assert.Equal((7, 0), (first.ExitCode, second.ExitCode));
        Assert.Equal(["worker-2: no disk", "db@n1: db on n1 failed with exit code 7"], between);
        Assert.Equal(["worker-2: no disk"], await FailuresAsync(deployment));

        Task<CliRun> RunAsync(string script) => CliProcess.RunAsync(
            ["run", "--name", "db", "--host", "n1", "--fail-deployment", "--", "sh", "-c", script],
            Variables(deployment));
    }

    [Fact]
    public async Task Status_ArmedAndFailed_ShowsBoth()
    {
        var deployment = await fixture.Server.CreateAsync();
        await deployment.PutAsync("worker-1?ttl=10m&on_lapse=fail", "me", ("Goterra-Lapse-Reason", "died"));
        await deployment.PostAsync("fail", """{"reason":"no disk","source":"worker-2"}""");

        var run = await CliProcess.RunAsync(["status"], Variables(deployment));

        Assert.Matches(@"(?m)^FAILED: no disk \(worker-2, \S+ ago\)$", run.Text);
        Assert.Matches(@"(?m)^1 armed: .*\n  worker-1: lapses in \S+ unless renewed$", run.Text);
    }

    private static CliProcess Start(TestDeployment deployment, params string[] args) =>
        CliProcess.Start(args, Variables(deployment));

    private static Task ArmedAsync(TestDeployment deployment, string key) => Eventually.Async(async () =>
        (await deployment.GetAsync("?values=false")).Json.GetProperty("keys").EnumerateArray().Any(
            listed => listed.GetProperty("key").GetString() == key && listed.TryGetProperty("on_lapse", out _)));

    private static async Task<string[]> FailuresAsync(TestDeployment deployment) =>
    [
        .. (await deployment.GetAsync("?values=false")).Json.GetProperty("failures").EnumerateArray().Select(failure =>
            $"{failure.GetProperty("source").GetString()}: {failure.GetProperty("reason").GetString()}"
            + (failure.GetProperty("lapsed").GetBoolean() ? " (lapsed)" : "")),
    ];

    private static async Task<(int ExitCode, string Output)> RunInShellAsync(TestDeployment deployment, string script)
    {
        var start = new System.Diagnostics.ProcessStartInfo("sh", ["-c", script]) { RedirectStandardOutput = true };
        foreach (var (name, value) in Variables(deployment))
            start.Environment[name] = value;
        using var process = System.Diagnostics.Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output);
    }
}
