using static Goterra.Tests.Support.ScriptedServer;

namespace Goterra.Tests.EndToEnd.Cli;

[Trait("Category", "EndToEnd")]
public sealed partial class GetTests
{
    [Theory]
    [InlineData(500)]
    [InlineData(502)]
    [InlineData(503)]
    [InlineData(429)]
    public async Task Get_TransientErrors_AreRetriedAndReportedOnce(int status)
    {
        await using var server = await StartAsync(Problem(status, "busy"), Problem(status, "busy"), Raw("v"));

        var run = await CliRun.RunAsync(server, "get", "k");

        Assert.Equal((0, "v\n", "goterra-cli: get k: busy; retrying\n"), (run.ExitCode, run.Text, run.Errors));
    }

    [Theory]
    [InlineData(503)]
    [InlineData(429)]
    public async Task Get_RetryAfter_IsRespected(int status)
    {
        var time = new SkippingTime();
        await using var server = await StartAsync(Problem(status, "busy", retryAfter: "40"), Raw("v"));

        var run = await CliRun.RunAsync(server, time, "get", "k");

        Assert.Equal(0, run.ExitCode);
        Assert.InRange(Assert.Single(time.Pauses).TotalSeconds, 40, 48);
    }

    [Fact]
    public async Task Get_ErrorsUntilTheDeadline_IsUnreachable()
    {
        await using var server = await StartAsync(Problem(503, "the store is out of reach"));

        var run = await CliRun.RunAsync(server, "get", "k", "--timeout", "1");

        Assert.Equal((7, ""), (run.ExitCode, run.Text));
        Assert.EndsWith("gave up after 60s: the store is out of reach\n", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Get_ConnectionRefused_IsUnreachableAtTheDeadline()
    {
        var time = new SkippingTime();
        var start = time.GetTimestamp();

        var run = await CliRun.RunAsync(["get", "k"], CliRun.VariablesFor(await DeadUrlAsync()), time: time);

        Assert.Equal((7, ""), (run.ExitCode, run.Text));
        Assert.Contains("Connection refused", run.Errors, StringComparison.Ordinal);
        Assert.Equal(TimeSpan.FromMinutes(30), time.GetElapsedTime(start));
    }

    [Fact]
    public async Task Get_NoResponse_GivesUpAtTheDeadline()
    {
        var time = new SkippingTime();
        await using var server = await StartAsync(Silence(time));

        var run = await CliRun.RunAsync(server, time, "get", "k", "--timeout", "10s");

        Assert.Equal((7, ""), (run.ExitCode, run.Text));
        Assert.Contains("no response in time", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Get_OnlyTheLastResponseMissing_IsTimedOut()
    {
        var time = new SkippingTime();
        await using var server = await StartAsync(NotYet(time), Silence(time));

        var run = await CliRun.RunAsync(server, time, "get", "k", "--timeout", "30s");

        Assert.Equal((3, ""), (run.ExitCode, run.Text));
    }

    [Fact]
    public async Task Get_TruncatedResponse_PrintsTheWholeValueOnce()
    {
        await using var server = await StartAsync(CutInTheMiddle("0123456789"), Hangup, Raw("0123456789"));

        var run = await CliRun.RunAsync(server, "get", "k");

        Assert.Equal((0, "0123456789\n"), (run.ExitCode, run.Text));
        Assert.Equal(3, server.Requests.Count);
    }

    [Fact]
    public async Task Get_ResponseWithoutLength_EndsAtOnce()
    {
        await using var server = new RawServer(
            "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nConnection: close\r\n\r\nhalf");

        var run = await CliRun.RunAsync(["get", "k"], CliRun.VariablesFor(server.Url));

        Assert.Equal((1, "", 1), (run.ExitCode, run.Text, server.Connections));
        Assert.Contains("the response has no length", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Get_ServerRestarts_GetsTheValueFromTheNewServer()
    {
        var waiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = await StartAsync(
            async context =>
            {
                waiting.SetResult();
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted);
            },
            Raw("after the restart"));

        var running = CliRun.RunAsync(server, TimeProvider.System, "get", "k");
        await waiting.Task;
        await server.StopAsync();
        await server.StartAgainAsync();
        var run = await running;

        Assert.Equal((0, "after the restart\n"), (run.ExitCode, run.Text));
        Assert.Single(server.Requests.Select(request => request.Header("X-Wait-Id")).Distinct());
    }
}
