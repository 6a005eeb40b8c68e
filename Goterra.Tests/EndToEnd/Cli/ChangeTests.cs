using static Goterra.Tests.Support.ScriptedServer;

namespace Goterra.Tests.EndToEnd.Cli;

[Trait("Category", "EndToEnd")]
public sealed class ChangeTests
{
    private const string First = "\"1.aaaaaaaaaaaaaaaa\"";
    private const string Second = "\"2.bbbbbbbbbbbbbbbb\"";

    [Fact]
    public async Task Changed_ValueExists_WaitsForAnotherValue()
    {
        var time = new SkippingTime();
        await using var server = await StartAsync(Tagged("old", First), Unchanged(time), Tagged("new", Second));

        var run = await CliRun.RunAsync(server, time, "get", "k", "--changed");

        Assert.Equal((0, "new\n", ""), (run.ExitCode, run.Text, run.Errors));
        Assert.Equal(
            ["/store/d1/k", "/store/d1/k?wait=25s", "/store/d1/k?wait=25s"],
            server.Requests.Select(request => request.Target));
        Assert.Equal([null, First, First], server.Requests.Select(request => request.Header("If-None-Match")));
        Assert.Single(server.Requests.Select(request => request.Header("X-Wait-Id")).Distinct());
    }

    [Fact]
    public async Task Changed_ChangeBetweenTheFirstReadAndTheWait_IsNotMissed()
    {
        // The value has changed by the time the wait arrives.
        var current = ("old", "\"1.aaaaaaaaaaaaaaaa\"");
        await using var server = await StartAsync(async context =>
        {
            if (context.Request.Headers.IfNoneMatch == current.Item2)
                throw new InvalidOperationException("would wait for ever");
            await Tagged(current.Item1, current.Item2)(context);
            current = ("new", "\"2.bbbbbbbbbbbbbbbb\"");
        });

        var run = await CliRun.RunAsync(server, "get", "k", "--changed");

        Assert.Equal((0, "new\n"), (run.ExitCode, run.Text));
    }

    [Fact]
    public async Task Changed_KeyNotFound_WaitsUntilItExists()
    {
        var time = new SkippingTime();
        await using var server = await StartAsync(
            Problem(404, "no such key"), NotYet(time), Tagged("first", "\"1.aaaaaaaaaaaaaaaa\""));

        var run = await CliRun.RunAsync(server, time, "get", "--changed", "k");

        Assert.Equal((0, "first\n"), (run.ExitCode, run.Text));
        Assert.All(server.Requests, request => Assert.Null(request.Header("If-None-Match")));
    }

    [Theory]
    [InlineData("1.aaaaaaaaaaaaaaaa")]
    [InlineData("\"1.aaaaaaaaaaaaaaaa\"")]
    public async Task ChangedFrom_ETag_SendsItInTheFirstRequest(string etag)
    {
        await using var server = await StartAsync(Tagged("new", Second));

        var run = await CliRun.RunAsync(server, "get", "k", "--changed-from", etag);

        Assert.Equal((0, "new\n"), (run.ExitCode, run.Text));
        var request = Assert.Single(server.Requests);
        Assert.Equal(
            ("/store/d1/k?wait=25s", "\"1.aaaaaaaaaaaaaaaa\""), (request.Target, request.Header("If-None-Match")));
    }

    [Fact]
    public async Task ChangedFrom_Empty_ReturnsTheFirstValue()
    {
        await using var server = await StartAsync(Tagged("v", "\"1.aaaaaaaaaaaaaaaa\""));

        var run = await CliRun.RunAsync(server, "get", "k", "--changed-from", "");

        Assert.Equal((0, "v\n"), (run.ExitCode, run.Text));
        Assert.Null(Assert.Single(server.Requests).Header("If-None-Match"));
    }

    [Fact]
    public async Task Changed_KeyRemoved_IsNotATimeout()
    {
        var time = new SkippingTime();
        await using var server = await StartAsync(
            Tagged("old", First), Unchanged(time), Problem(404, "no such key"));

        var run = await CliRun.RunAsync(server, time, "get", "k", "--changed");

        Assert.Equal((1, "", "goterra-cli: get k: the key was removed\n"), (run.ExitCode, run.Text, run.Errors));
    }

    [Fact]
    public async Task Changed_NoChangeInTime_TimesOut()
    {
        var time = new SkippingTime();
        await using var server = await StartAsync(Tagged("old", First), Unchanged(time));

        var run = await CliRun.RunAsync(server, time, "get", "k", "--changed", "--timeout", "28s");

        Assert.Equal(
            (3, "", "goterra-cli: get k: timed out after 28s: no change\n"), (run.ExitCode, run.Text, run.Errors));
        Assert.Equal(
            ["/store/d1/k", "/store/d1/k?wait=25s", "/store/d1/k?wait=3s"],
            server.Requests.Select(request => request.Target));
    }

    [Theory]
    [InlineData(401, 4)]
    [InlineData(410, 5)]
    [InlineData(424, 6)]
    public async Task Changed_FinalStatus_EndsTheWaitWithItsExitCode(int status, int exitCode)
    {
        await using var first = await StartAsync(Problem(status, "the words of the server"));
        await using var then = await StartAsync(Tagged("old", First), Problem(status, "the words of the server"));

        foreach (var server in new[] { first, then })
        {
            var run = await CliRun.RunAsync(server, "get", "k", "--changed");

            Assert.Equal((exitCode, ""), (run.ExitCode, run.Text));
            Assert.Contains("the words of the server", run.Errors, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Changed_ServerRestarts_ResumesFromTheSameETag()
    {
        await using var server = await StartAsync(
            Tagged("old", First), Hangup, Problem(503, "starting"), Tagged("new", Second));

        var run = await CliRun.RunAsync(server, "get", "k", "--changed");

        Assert.Equal((0, "new\n"), (run.ExitCode, run.Text));
        Assert.All(
            server.Requests.Skip(1),
            request => Assert.Equal("\"1.aaaaaaaaaaaaaaaa\"", request.Header("If-None-Match")));
    }

    [Theory]
    [InlineData("--changed")]
    [InlineData("--changed-from 1.aaaaaaaaaaaaaaaa")]
    public async Task Changed_ServerWithoutETags_IsAnError(string options)
    {
        await using var server = await StartAsync(Json("""{"key":"k","value":"old"}"""));

        var run = await CliRun.RunAsync(server, ["get", "k", .. options.Split(' ')]);

        Assert.Equal((1, ""), (run.ExitCode, run.Text));
        Assert.Contains("ETag", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Get_EtagSave_WritesTheETagForTheNextCall()
    {
        var folder = Directory.CreateTempSubdirectory("goterra-cli");
        var file = Path.Combine(folder.FullName, "etag");
        await using var server = await StartAsync(Tagged("v", "W/\"1.aaaaaaaaaaaaaaaa\""));

        var run = await CliRun.RunAsync(server, "get", "k", "--etag-save", file);
        var etag = (await File.ReadAllTextAsync(file)).TrimEnd('\n');
        await CliRun.RunAsync(server, "put", "--if-match", etag, "k", "w");
        folder.Delete(recursive: true);

        Assert.Equal((0, "v\n", ""), (run.ExitCode, run.Text, run.Errors));
        Assert.Equal("1.aaaaaaaaaaaaaaaa", etag);
        Assert.Equal("\"1.aaaaaaaaaaaaaaaa\"", server.Requests.Last().Header("If-Match"));
    }

    [Theory]
    [InlineData(404, "2.bbbbbbbbbbbbbbbb")]
    [InlineData(200, "")]
    public async Task Get_EtagSaveWithoutETag_KeepsTheFile(int status, string defaultValue)
    {
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, "before");
        await using var server = await StartAsync(
            status == 200 ? Json("""{"key":"k","value":"v"}""") : Problem(404, "no such key"));

        var run = await CliRun.RunAsync(
            server, "get", "k", "--no-wait", "--etag-save", file, "--default", defaultValue);
        var kept = await File.ReadAllTextAsync(file);
        File.Delete(file);

        Assert.Equal((status == 200 ? 1 : 0, "before"), (run.ExitCode, kept));
    }
}
