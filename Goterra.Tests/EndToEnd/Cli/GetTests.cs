using Microsoft.AspNetCore.Http;
using static Goterra.Tests.Support.ScriptedServer;

namespace Goterra.Tests.EndToEnd.Cli;

[Trait("Category", "EndToEnd")]
public sealed partial class GetTests
{
    [Fact]
    public async Task Get_PresentKey_PrintsValueAndNewline()
    {
        await using var server = await StartAsync(Raw("XXX"));

        var run = await CliRun.RunAsync(server, "get", "join_token");

        Assert.Equal((0, "XXX\n", ""), (run.ExitCode, run.Text, run.Errors));
        var request = Assert.Single(server.Requests);
        Assert.Equal(("GET", "/store/d1/join_token?wait=25s"), (request.Method, request.Target));
        Assert.Equal("Bearer token-of-d1", request.Header("Authorization"));
        Assert.Equal("application/octet-stream", request.Header("Accept"));
        Assert.Equal(Environment.MachineName, request.Header("X-Client-Name"));
    }

    [Theory]
    [InlineData("-n")]
    [InlineData("--no-newline")]
    public async Task Get_NoNewline_PrintsExactlyTheValue(string option)
    {
        byte[] value = [0, 255, 10, 13, 200];
        await using var server = await StartAsync(Raw(value));

        var run = await CliRun.RunAsync(server, "get", option, "k");

        Assert.Equal(value, run.Output);
    }

    [Fact]
    public async Task Get_EmptyValue_IsAValue()
    {
        await using var server = await StartAsync(Raw(""));

        var run = await CliRun.RunAsync(server, "get", "k");

        Assert.Equal((0, "\n"), (run.ExitCode, run.Text));
    }

    [Fact]
    public async Task Get_ValueStoredLater_RepeatsTheWaitWithTheSameId()
    {
        var time = new SkippingTime();
        await using var server = await StartAsync(NotYet(time), Raw("late"));

        var run = await CliRun.RunAsync(server, time, "get", "k");

        Assert.Equal((0, "late\n", ""), (run.ExitCode, run.Text, run.Errors));
        Assert.Equal(2, server.Requests.Count);
        Assert.NotEmpty(Assert.Single(server.Requests.Select(request => request.Header("X-Wait-Id")).Distinct())!);
        Assert.Empty(time.Pauses);
    }

    [Fact]
    public async Task Get_KeyNeverStored_TimesOutWithEmptyStdout()
    {
        var time = new SkippingTime();
        await using var server = await StartAsync(NotYet(time));

        var run = await CliRun.RunAsync(server, time, "get", "k", "--timeout", "60s");

        Assert.Equal((3, ""), (run.ExitCode, run.Text));
        Assert.EndsWith(
            "goterra-cli: get k: timed out after 60s: key not found\n", run.Errors, StringComparison.Ordinal);
        Assert.Equal(
            ["/store/d1/k?wait=25s", "/store/d1/k?wait=25s", "/store/d1/k?wait=10s"],
            server.Requests.Select(request => request.Target));
    }

    [Theory]
    [InlineData("1", 60)]
    [InlineData("90s", 90)]
    [InlineData("2m", 120)]
    [InlineData("1h", 3600)]
    public async Task Get_Timeout_CountsMinutesUnlessAUnitIsGiven(string timeout, int seconds)
    {
        var time = new SkippingTime();
        var start = time.GetTimestamp();
        await using var server = await StartAsync(NotYet(time));

        var run = await CliRun.RunAsync(server, time, "get", "-timeout", timeout, "k");

        Assert.Equal(3, run.ExitCode);
        Assert.Equal(seconds, time.GetElapsedTime(start).TotalSeconds);
    }

    [Theory]
    [InlineData("--no-wait")]
    [InlineData("--timeout=0")]
    public async Task Get_NoWaitAndKeyNotFound_ExitsWith3AtOnce(string option)
    {
        await using var server = await StartAsync(Problem(404, "no such key"));

        var run = await CliRun.RunAsync(server, "get", option, "k");

        Assert.Equal((3, "", "goterra-cli: get k: key not found\n"), (run.ExitCode, run.Text, run.Errors));
        Assert.Equal("/store/d1/k", Assert.Single(server.Requests).Target);
    }

    [Theory]
    [InlineData("none")]
    [InlineData("")]
    [InlineData("-1")]
    public async Task Get_DefaultAndKeyNotFound_PrintsTheDefault(string otherwise)
    {
        await using var server = await StartAsync(Problem(404, "no such key"));

        var run = await CliRun.RunAsync(server, "get", "k", "--no-wait", "--default", otherwise);

        Assert.Equal((0, otherwise + "\n", ""), (run.ExitCode, run.Text, run.Errors));
    }

    [Fact]
    public async Task Get_DefaultButServerUnreachable_IsAnError()
    {
        var run = await CliRun.RunAsync(["get", "k", "--default", "x"], CliRun.VariablesFor(await DeadUrlAsync()));

        Assert.Equal((7, ""), (run.ExitCode, run.Text));
    }

    [Theory]
    [InlineData(400, 1)]
    [InlineData(401, 4)]
    [InlineData(403, 4)]
    [InlineData(410, 5)]
    [InlineData(424, 6)]
    [InlineData(418, 1)]
    public async Task Get_FinalStatus_EndsTheWaitWithItsExitCodeAndTheReason(int status, int exitCode)
    {
        var time = new SkippingTime();
        await using var server = await StartAsync(
            NotYet(time), Problem(status, "the words of the server"), Raw("never"));

        var run = await CliRun.RunAsync(server, time, "get", "k");

        Assert.Equal((exitCode, ""), (run.ExitCode, run.Text));
        Assert.Contains("the words of the server", run.Errors, StringComparison.Ordinal);
        Assert.Equal(2, server.Requests.Count);
    }

    [Fact]
    public async Task Get_ErrorOfAnOldServer_PrintsItsMessage()
    {
        await using var server = await StartAsync(async context =>
        {
            context.Response.StatusCode = 403;
            context.Response.ContentType = "text/plain";
            await context.Response.WriteAsync("""{"message":"not authorized"}""" + "\n");
        });

        var run = await CliRun.RunAsync(server, "get", "k");

        Assert.Equal((4, "goterra-cli: get k: not authorized: not authorized\n"), (run.ExitCode, run.Errors));
    }

    [Fact]
    public async Task Get_OldServerWithoutWait_IsPolledWithBackoff()
    {
        var time = new SkippingTime();
        await using var server = await StartAsync(Problem(404, "not found"));

        var run = await CliRun.RunAsync(server, time, "get", "k", "--timeout", "5m");

        Assert.Equal(3, run.ExitCode);
        Assert.InRange(time.Pauses.First().TotalSeconds, 0.5, 1);
        Assert.All(time.Pauses.Skip(3).SkipLast(1), pause => Assert.InRange(pause.TotalSeconds, 2.5, 5));
    }

    [Fact]
    public async Task Get_OldServer_ReadsTheValueFromJson()
    {
        await using var server = await StartAsync(Json("""{"key":"k","value":"a\"b\nc"}"""));

        var run = await CliRun.RunAsync(server, "get", "k");

        Assert.Equal((0, "a\"b\nc\n"), (run.ExitCode, run.Text));
    }

    [Fact]
    public async Task Get_Redirect_IsNotFollowed()
    {
        await using var other = await StartAsync(Raw("stolen"));
        await using var server = await StartAsync(context =>
        {
            context.Response.Redirect($"{other.Url}/elsewhere?q=secret");
            return Task.CompletedTask;
        });

        var run = await CliRun.RunAsync(server, "get", "k");

        Assert.Equal((1, ""), (run.ExitCode, run.Text));
        Assert.Contains($"redirects to {other.Url}/elsewhere,", run.Errors, StringComparison.Ordinal);
        Assert.Empty(other.Requests);
    }

    [Fact]
    public async Task Get_ReasonWithControlCharacters_IsEscaped()
    {
        await using var server = await StartAsync(Problem(424, """disk full\n\u001b[31mred\u202e"""));

        var run = await CliRun.RunAsync(server, "get", "k");

        Assert.Equal(
            (6, @"goterra-cli: get k: the deployment has failed: disk full\u{a}\u{1b}[31mred\u{202e}" + "\n"),
            (run.ExitCode, run.Errors));
    }

    [Fact]
    public async Task Get_ResponseQuotesTheToken_IsRedacted()
    {
        await using var server = await StartAsync(Problem(400, "bad header: Bearer token-of-d1"));

        var run = await CliRun.RunAsync(server, "get", "k");

        Assert.Equal("goterra-cli: get k: bad header: Bearer ***\n", run.Errors);
    }

    private static RequestDelegate Silence(SkippingTime time) => async context =>
    {
        time.Advance(TimeSpan.FromHours(1));
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    };
}
