using static Goterra.Tests.Support.ScriptedServer;

namespace Goterra.Tests.EndToEnd.Cli;

[Trait("Category", "EndToEnd")]
public sealed class FailureTests
{
    [Theory]
    [InlineData("fail|disk full", "disk full")]
    [InlineData("fail|disk|full", "disk full")]
    [InlineData("fail|exit|--code|-5", "exit --code -5")]
    [InlineData("fail|--|--- FAIL: x", "--- FAIL: x")]
    [InlineData("fail|é\"\n", "é\"\n")]
    [InlineData("fail|", "no reason given")]
    public async Task Fail_AnyReason_IsSent(string line, string reason)
    {
        await using var server = await StartAsync(Done);

        var run = await CliRun.RunAsync(server, line.Split('|'));

        Assert.Equal((0, "", ""), (run.ExitCode, run.Text, run.Errors));
        var request = Assert.Single(server.Requests);
        Assert.Equal(
            ("POST", "/store/d1/fail", "application/json"),
            (request.Method, request.Target, request.Header("Content-Type")));
        Assert.Equal(
            reason, System.Text.Json.JsonDocument.Parse(request.Body).RootElement.GetProperty("reason").GetString());
    }

    [Theory]
    [InlineData("fail --source w1 no disk", "fail", """{"reason":"no disk","source":"w1"}""")]
    [InlineData("fail no --source w1", "fail", """{"reason":"no --source w1"}""")]
    [InlineData("fail --source= no disk", "fail", """{"reason":"no disk"}""")]
    [InlineData("resume --source=w1", "resume", """{"source":"w1"}""")]
    [InlineData("resume --source w1 fixed", "resume", """{"reason":"fixed","source":"w1"}""")]
    public async Task Source_Given_IsSent(string line, string action, string body)
    {
        await using var server = await StartAsync(Done);

        var run = await CliRun.RunAsync(server, line.Split(' '));

        Assert.Equal((0, "", ""), (run.ExitCode, run.Text, run.Errors));
        var request = Assert.Single(server.Requests);
        Assert.Equal(($"/store/d1/{action}", body), (request.Target, request.Text));
    }

    [Theory]
    [InlineData("resume|--source=")]
    [InlineData("resume|--source|a\nb")]
    [InlineData("fail|--source|a\nb|no disk")]
    public async Task Source_Invalid_IsAUsageError(string line)
    {
        await using var server = await StartAsync(Done);

        var run = await CliRun.RunAsync(server, line.Split('|'));

        Assert.Equal((2, 0), (run.ExitCode, server.Requests.Count));
    }

    [Fact]
    public async Task Fail_LongReason_IsTruncated()
    {
        await using var server = await StartAsync(Done);

        var run = await CliRun.RunAsync(server, "fail", new string('x', 1999) + "\U0001F600 and so on");

        Assert.Equal((0, ""), (run.ExitCode, run.Errors));
        var reason = System.Text.Json.JsonDocument.Parse(
            Assert.Single(server.Requests).Body).RootElement.GetProperty("reason").GetString();
        Assert.Equal(new string('x', 1999), reason);
    }

    [Fact]
    public async Task Fail_ServerError_IsRetried()
    {
        await using var server = await StartAsync(Problem(503, "starting"), Hangup, Done);

        var run = await CliRun.RunAsync(server, "fail", "disk full");

        Assert.Equal((0, 3), (run.ExitCode, server.Requests.Count));
    }

    [Theory]
    [InlineData(403, 4)]
    [InlineData(410, 5)]
    [InlineData(400, 1)]
    public async Task Fail_Refused_PrintsTheReason(int status, int exitCode)
    {
        await using var server = await StartAsync(Problem(status, "the words of the server"));

        var run = await CliRun.RunAsync(server, "fail", "disk full");

        Assert.Equal(exitCode, run.ExitCode);
        Assert.Contains("the words of the server", run.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("resume", "")]
    [InlineData("resume disk was changed", """{"reason":"disk was changed"}""")]
    public async Task Resume_WithOrWithoutReason_IsSent(string line, string body)
    {
        await using var server = await StartAsync(Done);

        var run = await CliRun.RunAsync(server, line.Split(' '));

        Assert.Equal((0, "", ""), (run.ExitCode, run.Text, run.Errors));
        var request = Assert.Single(server.Requests);
        Assert.Equal(("POST", "/store/d1/resume", body), (request.Method, request.Target, request.Text));
    }
}
