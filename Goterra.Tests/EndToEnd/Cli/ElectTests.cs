using static Goterra.Tests.Support.TestCommand;

namespace Goterra.Tests.EndToEnd.Cli;

/// <summary>`elect`, with real processes, commands and server.</summary>
[Trait("Category", "EndToEnd")]
public sealed partial class ElectTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    [Fact]
    public async Task Elect_LeaderExits_AnotherLeadsAtOnce()
    {
        var deployment = await fixture.Server.CreateAsync();
        // With this ttl, a takeover shows that the lease was released.
        using var first = Start(deployment, ["leader", "--value", "n1", "--ttl", "24h"]);
        await first.SaysAsync("leader\n$");
        using var second = Start(deployment, ["leader", "--value", "n\n2"]);
        await second.SaysAsync("follower n1\n$");
        await fixture.Server.WaitersAsync(1);

        Signal("TERM", first.Id);

        Assert.Equal((143, "leader\n", ""), await EndAsync(first));
        await second.SaysAsync("follower n1\nleader\n$");
        Assert.Equal((8, "follower n\\u{a}2\n", ""), await EndAsync(Start(deployment, ["--no-wait", "leader"])));
        Signal("INT", second.Id);
        Assert.Equal((130, "follower n1\nleader\n", ""), await EndAsync(second));
        Assert.Equal(404, (await deployment.GetAsync("leader")).Status);
    }

    [Fact]
    public async Task Elect_LeaderDies_AnotherLeadsAfterTheTtl()
    {
        var deployment = await fixture.Server.CreateAsync();
        using var first = Start(deployment, ["leader", "--ttl", "3s"]);
        await first.SaysAsync("leader\n$");
        using var second = Start(deployment, ["leader"]);
        await second.FirstOutputAsync();

        Signal("KILL", first.Id);

        await second.SaysAsync("leader\n$");
    }

    [Fact]
    public async Task Elect_Command_RunsWhileLeadingAndSetsTheExitCode()
    {
        var deployment = await fixture.Server.CreateAsync();
        await deployment.PutAsync("address", "10.0.0.1");

        var (exitCode, output, errors) = await EndAsync(Start(
            deployment,
            [
                "leader", "--value", "n1", "--pass-credentials", "--ttl", "24h", "--", "sh", "-c",
                $"{Cli} get leader; {Cli} put address 10.0.0.2; {Cli} rm address; env | grep GOT_FENCE; exit 7",
            ]));

        Assert.Equal((7, "goterra-cli: elect leader: leader\n"), (exitCode, errors));
        Assert.Matches("^n1\nGOT_FENCE=leader \"[^\"]+\"\n$", output);
        Assert.Equal(404, (await deployment.GetAsync("leader")).Status);
        Assert.Equal(404, (await deployment.GetAsync("address")).Status);
    }

    [Fact]
    public async Task Elect_Credentials_AreRemovedFromTheEnvironment()
    {
        var deployment = await fixture.Server.CreateAsync();
        var variables = Variables(deployment);
        foreach (var name in new[] { "GOT_TOKEN_FILE", "GOT_APIKEY", "GOT_TICKET", "GOT_TICKET_FILE" })
            variables[name] = "canary";

        var run = await CliProcess.RunAsync(["elect", "leader", "--", "env"], variables);

        Assert.Equal(0, run.ExitCode);
        Assert.DoesNotContain("canary", run.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(deployment.Token, run.Text, StringComparison.Ordinal);
        Assert.Contains("GOT_URL=", run.Text, StringComparison.Ordinal);
    }

    /// <summary>A leader is suspended, another takes over, and the first resumes.</summary>
    [Fact]
    public async Task Elect_LeaderSuspendedPastItsLease_CanNeitherRenewNorWrite()
    {
        var deployment = await fixture.Server.CreateAsync();
        using var old = Start(
            deployment,
            [
                "leader", "--value", "old", "--ttl", "6s", "--pass-credentials", "--",
                "sh", "-c", $"{Shows("began")}; {Waits}",
            ]);
        var command = await ShownAsync(deployment, "began");
        var fence = await VariableOfAsync(command, "GOT_FENCE");
        await deployment.PutAsync("address", "10.0.0.1");
        using var successor = Start(deployment, ["leader", "--value", "new", "--ttl", "24h"]);
        await successor.SaysAsync("follower old\n$");

        Signal("STOP", old.Id);
        await successor.SaysAsync("leader\n$");
        var lease = await deployment.GetAsync("leader");

        // Its command was not suspended: its writes and removals are rejected.
        var variables = Variables(deployment);
        variables["GOT_FENCE"] = fence;
        string[][] writes = [["put", "address", "10.0.0.66"], ["put", "--if-absent", "other", "x"], ["rm", "address"]];
        foreach (var write in writes)
        {
            var refused = await CliProcess.RunAsync(write, variables);
            Assert.Equal(8, refused.ExitCode);
            Assert.Contains("fence", refused.Errors, StringComparison.OrdinalIgnoreCase);
        }

        Signal("CONT", old.Id);
        var (exitCode, _, errors) = await EndAsync(old);

        Assert.Equal(8, exitCode);
        Assert.Contains("ending the command", errors, StringComparison.Ordinal);
        Assert.False(IsAlive(command));
        Assert.Equal("10.0.0.1", (await deployment.GetAsync("address?raw")).Text);
        Assert.Equal(404, (await deployment.GetAsync("other")).Status);
        var after = await deployment.GetAsync("leader");
        Assert.Equal((lease.ETag, "new"), (after.ETag, after.Json.GetProperty("value").GetString()));
    }

    [Fact]
    public async Task Elect_LeaderTerminatedPastItsLease_KeepsItsSuccessorsLease()
    {
        var deployment = await fixture.Server.CreateAsync();
        using var old = Start(deployment, ["leader", "--ttl", "6s"]);
        await old.SaysAsync("leader\n$");
        using var successor = Start(deployment, ["leader", "--value", "new", "--ttl", "24h"]);
        await successor.FirstOutputAsync();
        Signal("STOP", old.Id);
        await successor.SaysAsync("leader\n$");
        var lease = await deployment.GetAsync("leader");

        // It gets the signal when it resumes, and releases the lease that it believes to hold.
        Signal("TERM", old.Id);
        Signal("CONT", old.Id);

        Assert.Contains((await old.WaitAsync()).ExitCode, new[] { 143, 8 });
        Assert.Equal(lease.ETag, (await deployment.GetAsync("leader")).ETag);
    }

    [Fact]
    public async Task Elect_WinnersResponseLost_LearnsThatItLeads()
    {
        var deployment = await fixture.Server.CreateAsync();
        await using var lossy = await LossyProxy.StartAsync(deployment.Server, request => request.Method == "PUT");
        var variables = Variables(deployment);
        variables["GOT_URL"] = lossy.Url;

        var led = await CliProcess.RunAsync(["elect", "leader", "--ttl", "24h", "--", "echo", "led"], variables);

        Assert.Equal((0, "led\n", 1), (led.ExitCode, led.Text, lossy.Lost));
    }

    [Fact]
    public async Task Elect_Timeout_LimitsTheStandby()
    {
        var deployment = await fixture.Server.CreateAsync();
        using var leader = Start(deployment, ["leader"]);
        await leader.SaysAsync("leader\n$");

        var (exitCode, _, errors) = await EndAsync(
            Start(deployment, ["leader", "--timeout", "1s", "--", "echo", "never"]));

        Assert.Equal(3, exitCode);
        Assert.Contains("elect leader: timed out", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Elect_Role_CannotBeWrittenUnconditionally()
    {
        var deployment = await fixture.Server.CreateAsync();
        using var leader = Start(deployment, ["leader"]);
        await leader.SaysAsync("leader\n$");

        Assert.Equal(1, (await CliProcess.RunAsync(["put", "leader", "me"], Variables(deployment))).ExitCode);
        Assert.Equal(1, (await CliProcess.RunAsync(["rm", "leader"], Variables(deployment))).ExitCode);
    }

    [Theory]
    [InlineData("elect", "needs a ROLE")]
    [InlineData("elect leader true", "needs -- before the COMMAND")]
    [InlineData("elect leader --valu x", "unknown option --valu: did you mean --value? See goterra-cli elect -h")]
    [InlineData("elect leader --", "needs a COMMAND after the --")]
    [InlineData("elect leader --ttl 0s", "--ttl must be a time with a unit")]
    public async Task Elect_InvalidArguments_IsAUsageError(string line, string message)
    {
        var run = await CliProcess.RunAsync(line.Split(' '), CliRun.VariablesFor("http://127.0.0.1:1"));

        Assert.Equal((2, ""), (run.ExitCode, run.Text));
        Assert.Contains(message, run.Errors, StringComparison.Ordinal);
    }

    private static string Cli => CliProcess.ProgramPath;

    /// <summary>A shell command that runs until it is killed.</summary>
    private static string Waits => "sleep 600; true";

    private static CliProcess Start(TestDeployment deployment, string[] words) =>
        CliProcess.Start(["elect", .. words], Variables(deployment));

    private static async Task<(int ExitCode, string Output, string Errors)> EndAsync(CliProcess process)
    {
        using (process)
        {
            var run = await process.WaitAsync();
            return (run.ExitCode, run.Text, run.Errors);
        }
    }

    private static async Task<string> VariableOfAsync(int process, string name) =>
        (await File.ReadAllTextAsync($"/proc/{process}/environ")).Split('\0').First(
            variable => variable.StartsWith(name + '=', StringComparison.Ordinal))[(name.Length + 1)..];
}
