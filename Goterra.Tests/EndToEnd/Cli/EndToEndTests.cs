using System.Text.Json;

namespace Goterra.Tests.EndToEnd.Cli;

/// <summary>The real client against the real server, in separate processes if that matters.</summary>
[Trait("Category", "EndToEnd")]
public sealed class EndToEndTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private RunningServer Server => fixture.Server;

    [Fact]
    public async Task Create_ThenOtherCommands_Succeed()
    {
        var variables = new Dictionary<string, string> { ["GOT_URL"] = Server.Address.ToString() };
        var created = await CliProcess.RunAsync(["create", "--name", "e2e"], variables);
        Assert.Equal(0, created.ExitCode);
        var lines = created.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["url", "id", "token"], lines.Select(line => line.Split('=')[0]));
        variables["GOT_DEPLOYMENT"] = lines[1]["id=".Length..];
        variables["GOT_TOKEN"] = lines[2]["token=".Length..];

        Assert.Equal(0, (await CliProcess.RunAsync(["put", "a/b", "-5 is a value"], variables)).ExitCode);
        Assert.Equal(0, (await CliProcess.RunAsync(["put", "bytes", "-"], variables, [0, 255, 10])).ExitCode);
        Assert.Equal(8, (await CliProcess.RunAsync(["put", "--if-absent", "a/b", "x"], variables)).ExitCode);
        Assert.Equal("-5 is a value\n", (await CliProcess.RunAsync(["get", "a/b"], variables)).Text);
        Assert.Equal([0, 255, 10], (await CliProcess.RunAsync(["get", "-n", "bytes"], variables)).Output);
        Assert.StartsWith("a/b\t13\t", (await CliProcess.RunAsync(["list"], variables)).Text, StringComparison.Ordinal);
        Assert.Equal(0, (await CliProcess.RunAsync(["rm", "bytes"], variables)).ExitCode);
        Assert.Equal(3, (await CliProcess.RunAsync(["get", "bytes", "--no-wait"], variables)).ExitCode);
        Assert.Equal(0, (await CliProcess.RunAsync(["delete"], variables)).ExitCode);
        Assert.Equal(5, (await CliProcess.RunAsync(["get", "a/b"], variables)).ExitCode);
    }

    [Fact]
    public async Task Put_CommandLineOfTheOriginal_Stores()
    {
        var deployment = await Server.CreateAsync();

        var put = await CliProcess.RunAsync(
            [
                "-deployment", deployment.Id, "--url", Server.Address.ToString(), "-token=" + deployment.Token,
                "put", "status_app_x", "start",
            ]);

        Assert.Equal((0, ""), (put.ExitCode, put.Errors));
        Assert.Equal("start", (await deployment.GetAsync("status_app_x?raw")).Text);
    }

    [Fact]
    public async Task Get_ServerProcessRestarts_PrintsTheValue()
    {
        using var folder = new TempFolder();
        await using var first = await ServerProcess.StartAsync(folder);
        var deployment = await first.CreateAsync();
        using var get = CliProcess.Start(["get", "join_token"], Variables(deployment));
        await WaitingAsync(deployment, 1);

        await first.KillAsync();
        await using var second = await ServerProcess.StartAsync(folder, ("GOT_WEB_PORT", $"{first.Address.Port}"));
        await deployment.PutAsync("join_token", "K10abc");

        var run = await get.WaitAsync();
        Assert.Equal((0, "K10abc\n"), (run.ExitCode, run.Text));
    }

    [Fact]
    public async Task Get_ServerTerminated_ContinuesWithTheNextServer()
    {
        using var folder = new TempFolder();
        await using var first = await ServerProcess.StartAsync(folder);
        var deployment = await first.CreateAsync();
        var raw = deployment.GetAsync("join_token?wait=10m");
        using var get = CliProcess.Start(["get", "join_token"], Variables(deployment));
        await WaitingAsync(deployment, 2);

        Assert.Equal(0, await first.TerminateAsync());
        Assert.Equal(503, (await raw).Status);
        await using var second = await ServerProcess.StartAsync(folder, ("GOT_WEB_PORT", $"{first.Address.Port}"));
        await deployment.PutAsync("join_token", "K10abc");

        Assert.Equal("K10abc\n", (await get.WaitAsync()).Text);
    }

    [Fact]
    public async Task Wait_BarrierMet_PrintsTheValues()
    {
        var deployment = await Server.CreateAsync();
        using var wait = CliProcess.Start(
            ["wait", "--prefix", "nodes/", "--count", "2", "--json"], Variables(deployment));
        await WaitingAsync(deployment, 1);

        await deployment.PutAsync("nodes/a", "1");
        await deployment.PutAsync("nodes/b", "2");

        var run = await wait.WaitAsync();
        Assert.Equal(0, run.ExitCode);
        Assert.Equal(
            new Dictionary<string, string> { ["nodes/a"] = "1", ["nodes/b"] = "2" },
            JsonSerializer.Deserialize<Dictionary<string, string>>(run.Text));
    }

    [Fact]
    public async Task Fail_ClientsWait_EndsTheirWaitsWithTheReason()
    {
        var deployment = await Server.CreateAsync();
        using var get = CliProcess.Start(["get", "absent"], Variables(deployment));
        using var wait = CliProcess.Start(["wait", "--prefix", "nodes/", "--count", "2"], Variables(deployment));
        await WaitingAsync(deployment, 2);

        Assert.Equal(0, (await CliProcess.RunAsync(["fail", "no disk"], Variables(deployment))).ExitCode);

        foreach (var client in new[] { get, wait })
        {
            var run = await client.WaitAsync();
            Assert.Equal((6, ""), (run.ExitCode, run.Text));
            Assert.Contains("no disk", run.Errors, StringComparison.Ordinal);
        }

        var status = await CliProcess.RunAsync(["status"], Variables(deployment));
        Assert.Contains("FAILED", status.Text, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("no disk", status.Text, StringComparison.Ordinal);
        Assert.Equal(0, (await CliProcess.RunAsync(["resume"], Variables(deployment))).ExitCode);
        Assert.Equal(3, (await CliProcess.RunAsync(["get", "absent", "--no-wait"], Variables(deployment))).ExitCode);
    }

    [Fact]
    public async Task Get_Changed_PrintsTheNewValue()
    {
        var deployment = await Server.CreateAsync();
        await deployment.PutAsync("k", "old");
        using var get = CliProcess.Start(["get", "k", "--changed"], Variables(deployment));
        await WaitingAsync(deployment, 1);

        await deployment.PutAsync("k", "new");

        Assert.Equal("new\n", (await get.WaitAsync()).Text);
    }

    [Fact]
    public async Task Watch_DeploymentDeleted_HasPrintedTheEvents()
    {
        var deployment = await Server.CreateAsync();
        using var watch = CliProcess.Start(["watch", "--json"], Variables(deployment));

        // It only prints events after it has connected.
        await Eventually.Async(async () =>
        {
            await deployment.PutAsync("k", "CANARY");
            return watch.HasSpoken;
        });
        await deployment.DeleteAsync();

        var run = await watch.WaitAsync();
        Assert.Equal(5, run.ExitCode);
        Assert.Contains("\"put\"", run.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("CANARY", run.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(
        "waiting   join_token  since 20..-..-..T..:..:..Z  until 20.+Z  client 127.0.0.1 .+\n",
        "woken     join_token  result met  since .+  client 127.0.0.1 .+\n")]
    [InlineData(
        "{\"type\":\"waiting\",\"key\":\"join_token\",.*\"client\":\"127.0.0.1 ",
        "{\"type\":\"woken\",\"key\":\"join_token\",.*\"result\":\"met\"",
        "--json")]
    public async Task Watch_ClientWaits_PrintsStartAndEndOfTheWait(string began, string ended, params string[] options)
    {
        var deployment = await Server.CreateAsync();
        using var watch = CliProcess.Start(["watch", .. options], Variables(deployment));
        await Eventually.Async(async () =>
        {
            await deployment.PutAsync("connected", "v");
            return watch.HasSpoken;
        });

        using var get = CliProcess.Start(["get", "join_token"], Variables(deployment));
        await watch.SaysAsync(began);
        await deployment.PutAsync("join_token", "CANARY");
        await watch.SaysAsync(ended);
        await deployment.DeleteAsync();

        Assert.Equal(0, (await get.WaitAsync()).ExitCode);
        var run = await watch.WaitAsync();
        Assert.Contains(System.Net.Dns.GetHostName(), run.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("CANARY", run.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Status_ClientWaits_ShowsTheKeyAndTheNearestKey()
    {
        var deployment = await Server.CreateAsync();
        await deployment.PutAsync("master_token", "CANARY");
        using var get = CliProcess.Start(["get", "mastr_token"], Variables(deployment));
        await WaitingAsync(deployment, 1);

        var status = await CliProcess.RunAsync(["status"], Variables(deployment));

        Assert.Equal(0, status.ExitCode);
        Assert.Contains("the nearest existing key is `master_token`", status.Text, StringComparison.Ordinal);
        Assert.Contains(System.Net.Dns.GetHostName(), status.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("CANARY", status.Text, StringComparison.Ordinal);
        await deployment.DeleteAsync();
        Assert.Equal(5, (await get.WaitAsync()).ExitCode);
    }

    private static Dictionary<string, string> Variables(TestDeployment deployment) => new()
    {
        ["GOT_URL"] = deployment.Server.ToString(),
        ["GOT_DEPLOYMENT"] = deployment.Id,
        ["GOT_TOKEN"] = deployment.Token,
    };

    // The server reports the waiting clients.
    private static Task WaitingAsync(TestDeployment deployment, int count) => Eventually.Async(async () =>
        (await deployment.GetAsync("?values=false")).Json.GetProperty("waiting").GetArrayLength() == count);
}
