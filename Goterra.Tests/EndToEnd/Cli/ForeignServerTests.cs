using static Goterra.Tests.Support.ScriptedServer;

namespace Goterra.Tests.EndToEnd.Cli;

/// <summary>Portals, CDNs and proxies that answer in place of the server.</summary>
[Trait("Category", "EndToEnd")]
public sealed class ForeignServerTests
{
    private const string NotGoterra = "is not from a goterra server";

    public static TheoryData<string> Commands => new()
    {
        "get k", "get k --no-wait", "get k --default x", "get k --changed", "put k v", "put --if-absent k v", "rm k",
        "fail broken", "resume", "delete", "list", "list --json", "status", "wait --prefix p --count 1", "watch",
        "create", "renew", "revoke", "token", "ticket create --full", "once k -- echo ran", "elect k -- echo ran",
        "exec -- echo ran",
    };

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task Run_PageInPlaceOfTheServer_IsNoSuccess(string line)
    {
        await using var page = await StartAsync(Page(200));
        await using var tagged = await StartAsync(Page(200, etag: "\"5f3e-1c8\""));
        await using var file = await StartAsync(
            Page(200, "application/octet-stream", "\"d41d8cd98f00b204e9800998ecf8427e\""));
        await using var plain = await StartAsync(Page(200, "application/octet-stream"));
        await using var gateway = await StartAsync(Json("""{"message":"Hello from the gateway"}"""));

        foreach (var server in new[] { page, tagged, file, plain, gateway })
        {
            var run = await CliRun.RunAsync(server, line.Split(' '));

            Assert.Equal((1, ""), (run.ExitCode, run.Text));
            Assert.Matches($"{NotGoterra}|not an event stream", run.Errors);
            Assert.Single(server.Requests);
        }
    }

    [Theory]
    [InlineData("get k", 404)]
    [InlineData("get k", 410)]
    [InlineData("get k", 424)]
    [InlineData("rm k", 404)]
    [InlineData("delete", 410)]
    [InlineData("put --if-absent k v", 412)]
    [InlineData("list", 404)]
    [InlineData("get k", 501)]
    [InlineData("put k v", 505)]
    [InlineData("fail broken", 511)]
    [InlineData("wait --prefix p --count 1", 404)]
    public async Task Run_ErrorPageInPlaceOfTheServer_HasNoMeaning(string line, int status)
    {
        await using var server = await StartAsync(Page(status));

        var run = await CliRun.RunAsync(server, line.Split(' '));

        Assert.Equal((1, ""), (run.ExitCode, run.Text));
        Assert.Contains($"(HTTP status {status}, text/html) {NotGoterra}", run.Errors, StringComparison.Ordinal);
        Assert.Single(server.Requests);
    }

    [Theory]
    [InlineData("get k")]
    [InlineData("list")]
    [InlineData("rm k")]
    public async Task Run_PathOutsideOfTheApi_IsNotAnAbsentKey(string line)
    {
        await using var server = await StartAsync(Problem(404, "Path not found. The API is documented at /swagger."));

        var run = await CliRun.RunAsync(server, line.Split(' '));

        Assert.Equal((1, ""), (run.ExitCode, run.Text));
        Assert.Contains("is the path in --url (GOT_URL) right?", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_PageInPlaceOfTheServer_IsReportedWhileTheCommandRuns()
    {
        await using var server = await StartAsync(Page(200));

        var run = await CliProcess.RunAsync(["run", "--name", "a", "--", "true"], CliRun.VariablesFor(server.Url));

        Assert.Equal(0, run.ExitCode);
        Assert.Contains(NotGoterra, run.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(200)]
    [InlineData(404)]
    public async Task Get_PageAfterAnAnswer_IsRetried(int status)
    {
        var time = new SkippingTime();
        await using var server = await StartAsync(NotYet(time), Page(status), Page(status), Raw("v"));

        var run = await CliRun.RunAsync(server, time, "get", "k");

        Assert.Equal((0, "v\n"), (run.ExitCode, run.Text));
        Assert.Contains($"{NotGoterra}; retrying", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Elect_PageInPlaceOfARenewal_IsRetried()
    {
        var renewed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = await StartAsync(
            Stored(ETag),
            Page(200),
            Page(404),
            context =>
            {
                renewed.TrySetResult();
                return Done(context);
            });
        using var leader = CliProcess.Start(["elect", "leader", "--ttl", "9s"], CliRun.VariablesFor(server.Url));

        await renewed.Task;
        TestCommand.Signal("TERM", leader.Id);

        Assert.Equal(143, (await leader.WaitAsync()).ExitCode);
    }

    [Fact]
    public async Task Put_NotFoundPageInPlaceOfTheServer_EndsAtOnce()
    {
        await using var server = await StartAsync(Page(404));

        var run = await CliRun.RunAsync(server, "put", "k", "v");

        Assert.Equal((1, ""), (run.ExitCode, run.Text));
        Assert.Contains($"(HTTP status 404, text/html) {NotGoterra}", run.Errors, StringComparison.Ordinal);
        // The second one is for a server of the original, whose route is another one.
        Assert.Equal(2, server.Requests.Count);
    }

    [Fact]
    public async Task Get_PageWithoutLength_EndsAtOnce()
    {
        await using var server = new RawServer(
            "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n<html>");

        var run = await CliRun.RunAsync(["get", "k"], CliRun.VariablesFor(server.Url));

        Assert.Equal((1, "", 1), (run.ExitCode, run.Text, server.Connections));
    }

    [Fact]
    public async Task Get_NoGoterraServerAfterAnAnswer_IsRetried()
    {
        var time = new SkippingTime();
        await using var server = new RawServer(
            RawServer.NotFound, RawServer.Endless, RawServer.TooLong, RawServer.OtherProtocol, RawServer.Value);

        var run = await CliRun.RunAsync(["get", "k"], CliRun.VariablesFor(server.Url), time: time);

        Assert.Equal((0, "v\n", 5), (run.ExitCode, run.Text, server.Connections));
    }

    [Theory]
    [InlineData("W/\"1.0123456789abcdef\"")]
    [InlineData("\"0123456789abcdef\"")]
    public async Task Put_ETagWeakenedByAProxy_IsSuccess(string etag)
    {
        await using var server = await StartAsync(Stored(etag));

        var run = await CliRun.RunAsync(server, "put", "--if-absent", "k", "v");

        Assert.Equal((0, ""), (run.ExitCode, run.Errors));
    }

    [Theory]
    [InlineData("rm k")]
    [InlineData("fail broken")]
    [InlineData("renew")]
    [InlineData("once k -- true")]
    public async Task Run_OriginalServer_SaysThatItLacksTheCommand(string line)
    {
        await using var server = await StartAsync(Status(405));

        var run = await CliRun.RunAsync(server, line.Split(' '));

        Assert.Equal((1, ""), (run.ExitCode, run.Text));
        Assert.Contains("original goterra-store", run.Errors, StringComparison.Ordinal);
    }
}
