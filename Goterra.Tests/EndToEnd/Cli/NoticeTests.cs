using static Goterra.Tests.Support.ScriptedServer;

namespace Goterra.Tests.EndToEnd.Cli;

/// <summary>Progress messages on stderr.</summary>
[Trait("Category", "EndToEnd")]
public sealed class NoticeTests
{
    [Fact]
    public async Task Get_LongWaitInALog_IsReportedAtDoublingIntervals()
    {
        var time = new SkippingTime();
        await using var server = await StartAsync(NotYet(time));

        var run = await CliRun.RunAsync(server, time, "get", "join_token", "--timeout", "10m");

        Assert.Equal(
            [
                "goterra-cli: waiting 30s, 9m30s left: get join_token (no such key)",
                "goterra-cli: waiting 1m00s, 9m00s left: get join_token (no such key)",
                "goterra-cli: waiting 2m00s, 8m00s left: get join_token (no such key)",
                "goterra-cli: waiting 4m00s, 6m00s left: get join_token (no such key)",
                "goterra-cli: waiting 8m00s, 2m00s left: get join_token (no such key)",
                "goterra-cli: get join_token: timed out after 600s: key not found",
                "",
            ],
            run.Errors.Split('\n'));
        Assert.Equal("", run.Text);
    }

    [Fact]
    public async Task Get_KeyNotFound_NeedsNoReason()
    {
        var time = new SkippingTime();
        await using var server = await StartAsync(
            NotYet(time, "Key not found."), NotYet(time, "Key not found."), Raw("v"));

        var run = await CliRun.RunAsync(server, time, "get", "k");

        Assert.Equal("goterra-cli: waiting 30s, 29m30s left: get k\n", run.Errors);
    }

    [Fact]
    public async Task Wait_LongWait_ReportsTheCount()
    {
        var time = new SkippingTime();
        await using var server = await StartAsync(
            NotYet(time, "2 of 3"), NotYet(time, "2 of 3"), Json("""{"deployment":{"n1":"","n2":"","n3":""}}"""));

        var run = await CliRun.RunAsync(server, time, "wait", "--prefix", "n", "--count", "3");

        Assert.Equal("goterra-cli: waiting 30s, 29m30s left: wait n (2 of 3)\n", run.Errors);
    }

    [Fact]
    public async Task Get_ServerUnreachable_ReportsTheReason()
    {
        await using var server = await StartAsync(Problem(503, "busy with token-of-d1", retryAfter: "40"), Raw("v"));

        var run = await CliRun.RunAsync(server, "get", "k", "--timeout", "1h");

        Assert.Equal(0, run.ExitCode);
        Assert.Matches(
            """\Agoterra-cli: get k: busy with \*\*\*; retrying\n"""
            + """goterra-cli: waiting \d+s, 59m\d\ds left: get k \(busy with \*\*\*\)\n\z""",
            run.Errors);
    }

    [Fact]
    public async Task Get_OnATerminal_UpdatesAndErasesOneLine()
    {
        var time = new SkippingTime();
        await using var server = await StartAsync(
            context =>
            {
                time.Advance(TimeSpan.FromSeconds(1));
                time.Advance(TimeSpan.FromSeconds(1));
                return Raw("v")(context);
            });

        var run = await CliRun.RunAsync(["get", "k"], CliRun.VariablesFor(server.Url), time: time, terminal: true);

        const string Erase = "\r\u001b[K";
        Assert.Equal(
            $"goterra-cli: waiting 1s, 29m59s left: get k{Erase}goterra-cli: waiting 2s, 29m58s left: get k{Erase}",
            run.Errors);
        Assert.Equal("v\n", run.Text);
    }

    [Fact]
    public async Task Get_InTheBackgroundOfATerminal_WritesLinesAsInALog()
    {
        var time = new SkippingTime();
        await using var server = await StartAsync(context =>
        {
            for (var second = 0; second < 31; second++)
                time.Advance(TimeSpan.FromSeconds(1));
            return Raw("v")(context);
        });

        var run = await CliRun.RunAsync(
            ["get", "k"], CliRun.VariablesFor(server.Url), time: time, terminal: true, foreground: false);

        Assert.Equal("goterra-cli: waiting 30s, 29m30s left: get k\n", run.Errors);
    }

    [Fact]
    public async Task Get_TimedOut_NamesTheNearestKeyOfAnEarlierResponse()
    {
        var time = new SkippingTime();
        await using var server = await StartAsync(
            NotYet(time, "Key not found. The nearest existing key is 'join_token'."), Problem(404, "Key not found."));

        var run = await CliRun.RunAsync(server, time, "get", "join-token", "--timeout", "30s");

        Assert.Equal(
            "goterra-cli: get join-token: timed out after 30s: key not found. The nearest existing key is 'join_token'",
            run.Errors.Split('\n')[^2]);
    }

    [Fact]
    public async Task Get_OnATerminal_TruncatesLongLines()
    {
        var time = new SkippingTime();
        await using var server = await StartAsync(context =>
        {
            time.Advance(TimeSpan.FromSeconds(1));
            return Raw("v")(context);
        });

        var run = await CliRun.RunAsync(
            ["get", new string('k', 200)], CliRun.VariablesFor(server.Url), time: time, terminal: true);

        Assert.All(
            run.Errors.Split('\r'),
            line => Assert.InRange(line.Replace("\u001b[K", "", StringComparison.Ordinal).Length, 0, 79));
    }

    [Fact]
    public async Task Get_ImmediateResponse_ReportsNothing()
    {
        await using var server = await StartAsync(Raw("v"));

        var run = await CliRun.RunAsync(["get", "k"], CliRun.VariablesFor(server.Url), terminal: true);

        Assert.Equal("", run.Errors);
    }
}
