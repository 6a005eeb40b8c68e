using static Goterra.Tests.Support.ScriptedServer;

namespace Goterra.Tests.EndToEnd.Cli;

[Trait("Category", "EndToEnd")]
public sealed partial class TokenTests
{
    [Theory]
    [InlineData("", "{}")]
    [InlineData("--ttl 1h", """{"ttl":"1h"}""")]
    [InlineData(
        "--read a/* --read b --write c --no-fail --ttl 90m",
        """{"ttl":"90m","read":["a/*","b"],"write":["c"],"fail":false}""")]
    [InlineData("-write=c", """{"write":["c"]}""")]
    public async Task Token_Options_AreSentInTheBody(string options, string body)
    {
        await using var server = await StartAsync(Json(Answer));

        var run = await CliRun.RunAsync(
            server, ["token", .. options.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);

        Assert.Equal((0, "new.token\n", ""), (run.ExitCode, run.Text, run.Errors));
        var request = Assert.Single(server.Requests);
        Assert.Equal(
            ("POST", "/store/d1/token", body, "application/json"),
            (request.Method, request.Target, request.Text, request.Header("Content-Type")));
    }

    [Theory]
    [InlineData("token", "--read", "")]
    [InlineData("token", "--ttl", "60")]
    [InlineData("token", "--no-fail")]
    [InlineData("ticket", "create")]
    [InlineData("ticket", "create", "--full", "--read", "a")]
    [InlineData("ticket", "create", "--write", "a", "--write", "")]
    [InlineData("ticket")]
    [InlineData("ticket", "creat")]
    [InlineData("namespace", "token")]
    [InlineData("namespace", "token", "../x")]
    [InlineData("namespace", "delete", "x")]
    [InlineData("create", "--output", "xml")]
    public async Task Token_InvalidArguments_IsAUsageError(params string[] args)
    {
        await using var server = await StartAsync(Json(Answer));
        var variables = CliRun.VariablesFor(server.Url);
        variables["GOT_APIKEY"] = "key-of-me";

        var run = await CliRun.RunAsync(args, variables);

        Assert.Equal((2, ""), (run.ExitCode, run.Text));
        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task TicketCreate_Options_AreSentAndTheTicketIsPrinted()
    {
        await using var server = await StartAsync(Json("""{"ticket":"d1.abc","expires":"2030-01-01T00:00:00Z"}"""));

        var run = await CliRun.RunAsync(
            server,
            "ticket",
            "create",
            "--name",
            "worker-1",
            "--ttl",
            "1h",
            "--read",
            "join_token",
            "--write",
            "nodes/*");
        var full = await CliRun.RunAsync(server, "ticket", "create", "--full");

        Assert.Equal((0, "d1.abc\n", ""), (run.ExitCode, run.Text, run.Errors));
        Assert.Equal(0, full.ExitCode);
        Assert.Equal(
            [
                """POST /store/d1/tickets {"name":"worker-1","ttl":"1h","read":["join_token"],"write":["nodes/*"]}""",
                """POST /store/d1/tickets {"full":true}""",
            ],
            server.Requests.Select(request => $"{request.Method} {request.Target} {request.Text}"));
    }

    [Theory]
    [InlineData("ticket", "create", "-h", "--full")]
    [InlineData("ticket", "-h", "--url=http://x", "create")]
    [InlineData("namespace", "token", "--help", "NAMESPACE")]
    public async Task Help_Subcommand_ShowsItsOptions(string first, string second, string third, string part)
    {
        var run = await CliRun.RunAsync([first, second, third]);

        Assert.Equal((0, ""), (run.ExitCode, run.Errors));
        Assert.Contains(part, run.Text, StringComparison.Ordinal);
    }
}
