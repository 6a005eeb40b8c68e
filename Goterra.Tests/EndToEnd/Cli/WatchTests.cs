using static Goterra.Tests.Support.ScriptedServer;

namespace Goterra.Tests.EndToEnd.Cli;

[Trait("Category", "EndToEnd")]
public sealed class WatchTests
{
    private const string Put = "id: 7.x\nevent: put\ndata: {\"type\":\"put\",\"key\":\"nodes/n1\",\"revision\":7,"
        + "\"time\":\"2030-01-01T12:00:00.5Z\",\"client\":\"10.0.0.1 web-1\"}\n\n";
    private const string Failed = "id: 8\nevent: failed\ndata: "
        + "{\"type\":\"failed\",\"time\":\"2030-01-01T12:00:01Z\",\"reason\":\"disk\\u001b full\"}\n\n";
    private const string Ended = "id: 9\nevent: ended\ndata: "
        + "{\"type\":\"ended\",\"time\":\"2030-01-01T12:00:02Z\",\"reason\":\"deleted\"}\n\n";

    private const string PutLine = "2030-01-01T12:00:00Z  put       nodes/n1  revision 7  client 10.0.0.1 web-1\n";
    private const string EndedLine = "2030-01-01T12:00:02Z  ended     reason deleted\n";

    [Fact]
    public async Task Watch_Events_ArePrintedUntilTheDeploymentIsGone()
    {
        await using var server = await StartAsync(Events(Put, Failed, Ended));

        var run = await CliRun.RunAsync(server, "watch");

        Assert.Equal(PutLine + @"2030-01-01T12:00:01Z  failed    reason disk\u{1b} full" + "\n" + EndedLine, run.Text);
        Assert.Equal((5, "goterra-cli: watch: the deployment is gone: deleted\n"), (run.ExitCode, run.Errors));
        var request = Assert.Single(server.Requests);
        Assert.Equal(
            ("/store/d1", "text/event-stream", null),
            (request.Target, request.Header("Accept"), request.Header("Last-Event-ID")));
    }

    [Fact]
    public async Task Watch_Json_PrintsOneObjectPerLine()
    {
        await using var server = await StartAsync(
            Events(
                Put,
                "event: odd\ndata: two\ndata: lines\n\n",
                "data: {\"type\":\ndata: \"new\",\"x\":[1]}\n\n",
                Ended));

        var run = await CliRun.RunAsync(server, "watch", "--json");

        Assert.Equal(
            [
                """{"id":"7.x","type":"put","key":"nodes/n1","revision":7,"""
                + "\"time\":\"2030-01-01T12:00:00.5Z\",\"client\":\"10.0.0.1 web-1\"}",
                """{"type":"odd","data":"two\nlines"}""",
                """{"type":"new","x":[1]}""",
                """{"id":"9","type":"ended","time":"2030-01-01T12:00:02Z","reason":"deleted"}""",
                "",
            ],
            run.Text.Split('\n'));
    }

    [Fact]
    public async Task Watch_Snapshot_SaysHowManyKeysAndWhoWaits()
    {
        const string Snapshot = "event: snapshot\ndata: {\"type\":\"snapshot\",\"keys\":[{\"key\":\"a\",\"size\":1}],"
            + "\"more\":true,\"state\":\"active\",\"revision\":7,\"time\":\"2030-01-01T12:00:00Z\","
            + "\"waiting\":[{\"key\":\"b\",\"since\":\"2030-01-01T11:00:00.5Z\",\"until\":\"2030-01-01T12:30:00Z\","
            + "\"client\":\"10.0.0.1 web-1\"}],\"hints\":[]}\n\n";
        const string Rest = "event: snapshot\ndata: {\"type\":\"snapshot\",\"keys\":[{},{}],\"more\":false}\n\n";
        await using var server = await StartAsync(Events(Snapshot, Rest, Ended));

        var run = await CliRun.RunAsync(server, "watch");

        Assert.Equal(
            "2030-01-01T12:00:00Z  snapshot  state active  keys 1\n"
            + "waiting   b  since 2030-01-01T11:00:00Z  until 2030-01-01T12:30:00Z  client 10.0.0.1 web-1\n"
            + "snapshot  keys 2\n" + EndedLine,
            run.Text);
    }

    [Theory]
    [InlineData("event: deleted\ndata: {\"type\":\"deleted\",\"key\":\"k\"}\n\n", "deleted   k")]
    [InlineData(
        "event: waiting\ndata: {\"prefix\":\"nodes/\",\"count\":3,\"client\":null}\n\n",
        "waiting   nodes/  count 3")]
    [InlineData("event: odd\u202e\ndata: a\u001bb\n\n", @"odd\u{202e}  a\u{1b}b")]
    [InlineData("event: lagging\ndata: {}\n\n", "lagging")]
    [InlineData("event: reset\ndata:\n\n", "reset")]
    [InlineData(": heartbeat\n\nevent: ping\ndata: {}\n\n", null)]
    public async Task Watch_UnknownEvent_IsPrinted(string frame, string? line)
    {
        await using var server = await StartAsync(Events(frame, Ended));

        var run = await CliRun.RunAsync(server, "watch");

        Assert.Equal((line is null ? "" : line + "\n") + EndedLine, run.Text);
    }

    [Fact]
    public async Task Watch_ConnectionLost_ResumesAfterTheLastEvent()
    {
        var time = new SkippingTime();
        var secondRead = SecondReadAsync(time);
        await using var server = await StartAsync(
            async context =>
            {
                await Events(Put, "id: 8\nevent: put\ndata: {\"key\":\"half")(context);
                await secondRead;
                context.Abort();
            },
            Hangup,
            Problem(503, "starting"),
            Events(),
            Events(Failed, Ended));

        var run = await CliRun.RunAsync(server, time, "watch");

        Assert.Equal(5, run.ExitCode);
        Assert.Equal(PutLine + @"2030-01-01T12:00:01Z  failed    reason disk\u{1b} full" + "\n" + EndedLine, run.Text);
        Assert.Equal(
            [null, "7.x", "7.x", "7.x", "7.x"], server.Requests.Select(request => request.Header("Last-Event-ID")));
        Assert.Equal(4, time.Pauses.Count);
    }

    [Fact]
    public async Task Watch_Lagging_ResumesAfterTheLastEvent()
    {
        await using var server = await StartAsync(
            Events(Put, "event: lagging\ndata: {\"type\":\"lagging\"}\n\n"), Events(Ended));

        var run = await CliRun.RunAsync(server, "watch");

        Assert.Equal(PutLine + "lagging\n" + EndedLine, run.Text);
        Assert.Equal("7.x", server.Requests.Last().Header("Last-Event-ID"));
    }

    [Fact]
    public async Task Watch_ConnectionsEndAtOnce_BacksOff()
    {
        var time = new SkippingTime();
        var nothing = Enumerable.Repeat(Events(), 12);
        await using var server = await StartAsync([.. nothing, Events(Ended)]);

        await CliRun.RunAsync(server, time, "watch");

        Assert.InRange(time.Pauses.First().TotalSeconds, 0.1, 0.25);
        Assert.InRange(time.Pauses.Last().TotalSeconds, 15, 30);
    }

    [Fact]
    public async Task Watch_NoHeartbeat_IsALostConnection()
    {
        var time = new SkippingTime();
        var secondRead = SecondReadAsync(time);
        await using var server = await StartAsync(
            AndThenSilence(async context =>
            {
                await Events(Put)(context);
                await secondRead;
                time.Advance(TimeSpan.FromSeconds(25));
            }),
            Events(Ended));

        var run = await CliRun.RunAsync(server, time, "watch");

        Assert.Equal((5, PutLine + EndedLine), (run.ExitCode, run.Text));
        Assert.Equal("7.x", server.Requests.Last().Header("Last-Event-ID"));
    }

    [Theory]
    [InlineData(401, 4)]
    [InlineData(403, 4)]
    [InlineData(410, 5)]
    [InlineData(404, 1)]
    public async Task Watch_ReconnectRefused_ExitsWithTheReason(int status, int exitCode)
    {
        await using var server = await StartAsync(Events(Put), Problem(status, "the words of the server"));

        var run = await CliRun.RunAsync(server, "watch");

        Assert.Equal((exitCode, PutLine), (run.ExitCode, run.Text));
        Assert.Contains("the words of the server", run.Errors, StringComparison.Ordinal);
        Assert.Equal(2, server.Requests.Count);
    }

    [Fact]
    public async Task Watch_ServerWithoutEvents_IsAnError()
    {
        await using var server = await StartAsync(Json("""{"deployment":{"k":"secret"}}"""));

        var run = await CliRun.RunAsync(server, "watch");

        Assert.Equal((1, ""), (run.ExitCode, run.Text));
        Assert.Contains("is not an event stream", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Watch_ServerStaysAway_IsUnreachable()
    {
        var run = await CliRun.RunAsync(["watch"], CliRun.VariablesFor(await DeadUrlAsync()));

        Assert.Equal((7, ""), (run.ExitCode, run.Text));
        Assert.Contains("within 600s", run.Errors, StringComparison.Ordinal);
    }

    /// <summary>Completes when the client has read the first part of a stream, and starts the next read.</summary>
    private static Task SecondReadAsync(SkippingTime time)
    {
        var readsBegun = 0;
        var secondRead = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        time.LimitSet = limit =>
        {
            if (limit == TimeSpan.FromSeconds(25) && Interlocked.Increment(ref readsBegun) == 2)
                secondRead.SetResult();
        };
        return secondRead.Task;
    }
}
