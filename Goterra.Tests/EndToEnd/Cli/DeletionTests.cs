using static Goterra.Tests.Support.ScriptedServer;

namespace Goterra.Tests.EndToEnd.Cli;

[Trait("Category", "EndToEnd")]
public sealed class DeletionTests
{
    [Theory]
    [InlineData("rm nodes/n1", "/store/d1/nodes/n1")]
    [InlineData("delete", "/store/d1")]
    public async Task Delete_Exists_SucceedsSilently(string line, string target)
    {
        await using var server = await StartAsync(Json("""{"message":"deleted"}"""));

        var run = await CliRun.RunAsync(server, line.Split(' '));

        Assert.Equal((0, "", ""), (run.ExitCode, run.Text, run.Errors));
        var request = Assert.Single(server.Requests);
        Assert.Equal(("DELETE", target), (request.Method, request.Target));
    }

    [Theory]
    [InlineData("rm k", 404, 3)]
    [InlineData("rm k", 410, 5)]
    [InlineData("delete", 410, 5)]
    [InlineData("delete", 403, 4)]
    public async Task Delete_NotFound_IsAnError(string line, int status, int exitCode)
    {
        await using var server = await StartAsync(Problem(status, "the words of the server"));

        var run = await CliRun.RunAsync(server, line.Split(' '));

        Assert.Equal(exitCode, run.ExitCode);
        Assert.Contains("the words of the server", run.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("rm k", 404)]
    [InlineData("delete", 410)]
    public async Task Delete_FirstResponseLost_SecondOneProvesSuccess(string line, int status)
    {
        await using var reset = await StartAsync(Hangup, Problem(status, "no longer there"));
        // HttpClient itself would retry a request without a body, and hide the loss.
        await using var closed = new RawServer(
            "",
            $"HTTP/1.1 {status} No\r\nContent-Type: application/problem+json\r\nContent-Length: 28\r\n"
            + "Connection: close\r\n\r\n{\"detail\":\"d\",\"message\":\"m\"}");

        var afterReset = await CliRun.RunAsync(reset, line.Split(' '));
        var afterClose = await CliRun.RunAsync(line.Split(' '), CliRun.VariablesFor(closed.Url));

        Assert.Equal((0, 0), (afterReset.ExitCode, afterClose.ExitCode));
        Assert.Equal((2, 2), (reset.Requests.Count, closed.Connections));
    }

    [Theory]
    [InlineData("rm k", 404, 3)]
    [InlineData("delete", 410, 5)]
    public async Task Delete_FirstAttemptRejected_SecondOneProvesNothing(string line, int status, int exitCode)
    {
        await using var server = await StartAsync(Problem(503, "starting"), Problem(status, "not there"));

        var run = await CliRun.RunAsync(server, line.Split(' '));

        Assert.Equal(exitCode, run.ExitCode);
    }
}
