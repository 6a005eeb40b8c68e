using static Goterra.Tests.Support.ScriptedServer;

namespace Goterra.Tests.EndToEnd.Cli;

[Trait("Category", "EndToEnd")]
public sealed class WaitTests
{
    private const string Three =
        """{"deployment":{"nodes/n2":"10.0.0.2\n","nodes/n1":"10.0.0.1","nodes/n3":""},"keys":[],"id":"d1"}""";

    [Fact]
    public async Task Wait_EnoughKeys_PrintsTheValuesOrderedByKey()
    {
        await using var server = await StartAsync(Json(Three));

        var run = await CliRun.RunAsync(server, "wait", "--prefix", "nodes/", "--count", "3");

        Assert.Equal((0, "10.0.0.1\n10.0.0.2\n\n", ""), (run.ExitCode, run.Text, run.Errors));
        var request = Assert.Single(server.Requests);
        Assert.Equal("/store/d1?filter=nodes%2F&count=3&encoding=base64&wait=25s", request.Target);
        Assert.Equal("application/json", request.Header("Accept"));
        Assert.Equal(Environment.MachineName, request.Header("X-Client-Name"));
    }

    [Fact]
    public async Task Wait_Json_PrintsOneObject()
    {
        await using var server = await StartAsync(Json(Three));

        var run = await CliRun.RunAsync(server, "wait", "--prefix", "nodes/", "--count", "3", "--json");

        Assert.Equal(
            (0, """{"nodes/n1":"10.0.0.1","nodes/n2":"10.0.0.2\n","nodes/n3":""}""" + "\n"), (run.ExitCode, run.Text));
    }

    [Fact]
    public async Task Wait_KeysStoredLater_RepeatsTheWaitWithTheSameId()
    {
        var time = new SkippingTime();
        await using var server = await StartAsync(NotYet(time, "2 of 3"), Json(Three));

        var run = await CliRun.RunAsync(server, time, "wait", "--prefix", "nodes/", "--count", "3");

        Assert.Equal((0, ""), (run.ExitCode, run.Errors));
        Assert.Equal(2, server.Requests.Count);
        Assert.NotEmpty(Assert.Single(server.Requests.Select(request => request.Header("X-Wait-Id")).Distinct())!);
        Assert.Empty(time.Pauses);
    }

    [Fact]
    public async Task Wait_TooFewInTime_ReportsTheCount()
    {
        var time = new SkippingTime();
        await using var server = await StartAsync(NotYet(time, "2 of 3"));

        var run = await CliRun.RunAsync(server, time, "wait", "--prefix", "nodes/", "--count", "3", "--timeout", "20s");

        Assert.Equal(
            (3, "", "goterra-cli: wait nodes/: timed out after 20s: 2 of 3\n"), (run.ExitCode, run.Text, run.Errors));
    }

    [Fact]
    public async Task Wait_ZeroTimeout_ChecksOnce()
    {
        await using var server = await StartAsync(Problem(404, "2 of 3"));

        var run = await CliRun.RunAsync(server, "wait", "--prefix", "nodes/", "--count", "3", "--timeout", "0");

        Assert.Equal((3, "", "goterra-cli: wait nodes/: 2 of 3\n"), (run.ExitCode, run.Text, run.Errors));
        Assert.Equal("/store/d1?filter=nodes%2F&count=3&encoding=base64", Assert.Single(server.Requests).Target);
    }

    [Theory]
    [InlineData(
        "wait --prefix nodes/ --count 3 --fail-prefix failed/&",
        "/store/d1?filter=nodes%2F&count=3&encoding=base64&wait=25s&fail=failed%2F%26")]
    [InlineData("get k --fail-prefix failed/", "/store/d1/k?wait=25s&fail=failed%2F")]
    public async Task Run_FailPrefix_EndsTheWaitWithTheReason(string line, string target)
    {
        await using var server = await StartAsync(Problem(424, "failed/n2: disk full"));

        var run = await CliRun.RunAsync(server, line.Split(' '));

        Assert.Equal((6, ""), (run.ExitCode, run.Text));
        Assert.EndsWith(": the deployment has failed: failed/n2: disk full\n", run.Errors, StringComparison.Ordinal);
        Assert.Equal(target, Assert.Single(server.Requests).Target);
    }

    [Theory]
    [InlineData(401, 4)]
    [InlineData(403, 4)]
    [InlineData(410, 5)]
    [InlineData(413, 1)]
    public async Task Wait_FinalStatus_EndsTheWaitWithItsExitCode(int status, int exitCode)
    {
        var time = new SkippingTime();
        await using var server = await StartAsync(
            NotYet(time), Problem(status, "the words of the server"), Json(Three));

        var run = await CliRun.RunAsync(server, time, "wait", "--prefix", "nodes/", "--count", "3");

        Assert.Equal((exitCode, ""), (run.ExitCode, run.Text));
        Assert.Contains("the words of the server", run.Errors, StringComparison.Ordinal);
        Assert.Equal(2, server.Requests.Count);
    }

    [Fact]
    public async Task Wait_OldServer_IsPolledUntilThereAreEnough()
    {
        await using var server = await StartAsync(
            Json("""{"deployment":{"nodes/n1":"a","other":"x"}}"""),
            Json("""{"deployment":{"nodes/n1":"a","nodes/n2":"b","other":"x"}}"""));

        var run = await CliRun.RunAsync(server, "wait", "--prefix", "nodes/", "--count", "2");

        Assert.Equal((0, "a\nb\n"), (run.ExitCode, run.Text));
        Assert.Equal(2, server.Requests.Count);
    }

    [Fact]
    public async Task Wait_OldServerWithTooFew_ReportsTheCount()
    {
        await using var server = await StartAsync(Json("""{"deployment":{"nodes/n1":"a"}}"""));

        var run = await CliRun.RunAsync(server, "wait", "--prefix", "nodes/", "--count", "2", "--timeout", "10s");

        Assert.Equal(
            (3, "", "goterra-cli: wait nodes/: timed out after 10s: 1 of 2\n"), (run.ExitCode, run.Text, run.Errors));
    }

    [Fact]
    public async Task Wait_InvalidResponse_IsAnError()
    {
        await using var server = await StartAsync(Json("""{"version":"1","message":"ok"}"""));

        var run = await CliRun.RunAsync(server, "wait", "--prefix", "n", "--count", "1");

        Assert.Equal((1, ""), (run.ExitCode, run.Text));
        Assert.Contains("GOT_URL", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Wait_TruncatedResponse_PrintsTheValuesOnce()
    {
        await using var server = await StartAsync(CutInTheMiddle(Three, "application/json"), Json(Three));

        var run = await CliRun.RunAsync(server, "wait", "--prefix", "nodes/", "--count", "3");

        Assert.Equal((0, "10.0.0.1\n10.0.0.2\n\n"), (run.ExitCode, run.Text));
    }
}
