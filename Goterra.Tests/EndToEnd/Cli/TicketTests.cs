using System.Text.Json;
using static Goterra.Tests.Support.ScriptedServer;

namespace Goterra.Tests.EndToEnd.Cli;

[Trait("Category", "EndToEnd")]
public sealed partial class TicketTests : IDisposable
{
    private const string Ticket = "5f0c.secret-of-the-ticket";

    private readonly TempFolder _folder = new();

    private string State => Path.Combine(_folder.Path, "state");

    [Fact]
    public async Task Get_FirstUse_RedeemsTheTicketAndStoresTheToken()
    {
        await using var server = await StartAsync(Token("first.token"), Raw("v"), Raw("w"));

        var first = await RunAsync(server);
        var second = await RunAsync(server);

        Assert.Equal((0, "v\n", ""), (first.ExitCode, first.Text, first.Errors));
        Assert.Equal((0, "w\n", ""), (second.ExitCode, second.Text, second.Errors));
        var requests = server.Requests.ToArray();
        Assert.Equal(
            [
                "POST /store/5f0c/redeem ",
                "GET /store/5f0c/k?wait=25s Bearer first.token",
                "GET /store/5f0c/k?wait=25s Bearer first.token",
            ],
            requests.Select(request => $"{request.Method} {request.Target} {request.Header("Authorization")}"));
        var body = JsonDocument.Parse(requests[0].Body).RootElement;
        Assert.Equal(Ticket, body.GetProperty("ticket").GetString());
        Assert.Matches("^[0-9a-f]{64}$", body.GetProperty("machine").GetString()!);
    }

    [Fact]
    public async Task Get_StoredState_IsPrivateAndContainsNoTicket()
    {
        await using var server = await StartAsync(Token("first.token"), Raw("v"));

        await RunAsync(server);

        var files = Directory.GetFiles(State);
        Assert.All(
            files,
            file => Assert.DoesNotContain("secret-of-the-ticket", File.ReadAllText(file), StringComparison.Ordinal));
        if (OperatingSystem.IsWindows())
            return;
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(State));
        foreach (var file in files.Select(file => File.ResolveLinkTarget(file, true)?.FullName ?? file))
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
    }

    [Fact]
    public async Task Get_EmptyMachineFile_IsReplaced()
    {
        Directory.CreateDirectory(State);
        await File.WriteAllTextAsync(Path.Combine(State, "machine"), "");
        await using var server = await StartAsync(Token("first.token"), Raw("v"));

        var run = await RunAsync(server);

        Assert.Equal((0, "v\n", ""), (run.ExitCode, run.Text, run.Errors));
        Assert.Matches("^[0-9a-f]{64}\n$", await File.ReadAllTextAsync(Path.Combine(State, "machine")));
    }

    [Fact]
    public async Task Get_AnotherTicket_DoesNotUseTheOldToken()
    {
        await using var server = await StartAsync(
            Token("first.token"), Raw("v"), Token("second.token"), Raw("w"), Raw("v"));

        await RunAsync(server);
        var other = await RunAsync(server, "5f0c.another-secret");
        var again = await RunAsync(server);

        Assert.Equal(("w\n", "v\n"), (other.Text, again.Text));
        Assert.Equal(
            [null, "Bearer first.token", null, "Bearer second.token", "Bearer first.token"],
            server.Requests.Select(request => request.Header("Authorization")));
        Assert.Single(
            server.Requests.Where(request => request.Method == "POST").Select(
                request => JsonDocument.Parse(request.Body).RootElement.GetProperty("machine").GetString()).Distinct());
    }

    [Fact]
    public async Task Get_StoredTokenExpired_RedeemsAgain()
    {
        await using var server = await StartAsync(
            Token("first.token"), Raw("v"), Problem(401, "expired"), Token("second.token"), Raw("w"), Raw("x"));

        await RunAsync(server);
        var run = await RunAsync(server);
        var after = await RunAsync(server);

        Assert.Equal((0, "w\n", ""), (run.ExitCode, run.Text, run.Errors));
        Assert.Equal((0, "x\n"), (after.ExitCode, after.Text));
        Assert.Equal("Bearer second.token", server.Requests.Last().Header("Authorization"));
    }

    [Fact]
    public async Task Get_TokenAndTicketExpired_ExplainsWhatIsNeeded()
    {
        await using var server = await StartAsync(
            Token("first.token"), Raw("v"), Problem(401, "expired"), Problem(410, "no"));

        await RunAsync(server);
        var run = await RunAsync(server);

        Assert.Equal((4, ""), (run.ExitCode, run.Text));
        Assert.Contains("needs a new ticket", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Get_TicketOfAnotherMachine_IsNotAuthorized()
    {
        await using var server = await StartAsync(Problem(410, "no"));

        var run = await RunAsync(server);

        Assert.Equal((4, ""), (run.ExitCode, run.Text));
        Assert.Contains("the ticket (GOT_TICKET) was used by another machine", run.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("secret-of-the-ticket", run.Errors, StringComparison.Ordinal);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task Get_RedeemingFailsTransiently_IsRetried()
    {
        await using var server = await StartAsync(
            Problem(503, "starting", retryAfter: "1"),
            Problem(500, "trouble"),
            Hangup,
            Problem(429, "slow down"),
            Token("first.token"),
            Raw("v"));

        var run = await RunAsync(server);

        Assert.Equal((0, "v\n"), (run.ExitCode, run.Text));
    }

    [Fact]
    public async Task Create_TicketSet_DoesNotRedeemIt()
    {
        await using var server = await StartAsync(Json("""{"url":"u","id":"i","token":"t"}"""));

        var run = await CliRun.RunAsync(["create"], Variables(server, Ticket));

        Assert.Equal((0, "/store"), (run.ExitCode, Assert.Single(server.Requests).Target));
    }

    [Fact]
    public async Task Get_TokenSetToo_DoesNotRedeemTheTicket()
    {
        await using var server = await StartAsync(Raw("v"));
        var variables = Variables(server, Ticket);
        (variables["GOT_TOKEN"], variables["GOT_DEPLOYMENT"]) = ("token-of-d1", "d1");

        var run = await CliRun.RunAsync(["get", "k"], variables);

        Assert.Equal(0, run.ExitCode);
        Assert.Equal("Bearer token-of-d1", Assert.Single(server.Requests).Header("Authorization"));
        Assert.False(Directory.Exists(State));
    }

    [Fact]
    public async Task Get_UrlStoredWithTheToken_IsUsedLater()
    {
        await using var server = await StartAsync(
            context =>
                Json(
                    $$"""{"url":"http://127.0.0.1:{{context.Connection.LocalPort}}","id":"5f0c","""
                    + "\"token\":\"first.token\",\"expires\":\"2030-01-01T00:00:00Z\"}")(context),
            Raw("v"),
            Raw("w"));

        await RunAsync(server);
        var variables = Variables(server, Ticket);
        variables.Remove("GOT_URL");
        var run = await CliRun.RunAsync(["get", "k"], variables);

        Assert.Equal((0, "w\n"), (run.ExitCode, run.Text));
    }

    [Fact]
    public async Task Get_TicketFile_IsRead()
    {
        var file = Path.Combine(_folder.Path, "ticket");
        await File.WriteAllTextAsync(file, Ticket + "\n");
        await using var server = await StartAsync(Token("first.token"), Raw("v"));
        var variables = Variables(server, "");
        variables["GOT_TICKET_FILE"] = file;

        var run = await CliRun.RunAsync(["get", "k"], variables);

        Assert.Equal((0, "v\n"), (run.ExitCode, run.Text));
    }

    [Fact]
    public async Task Renew_TokenOfATicket_ReplacesTheStoredToken()
    {
        await using var server = await StartAsync(Token("first.token"), Token("renewed.token"), Raw("v"));

        var renewed = await CliRun.RunAsync(["renew"], Variables(server, Ticket));
        await RunAsync(server);

        Assert.Equal((0, ""), (renewed.ExitCode, renewed.Text));
        Assert.Equal(
            [null, "Bearer first.token", "Bearer renewed.token"],
            server.Requests.Select(request => request.Header("Authorization")));
    }

    [Fact]
    public async Task Get_ConcurrentProcesses_AreOneMachine()
    {
        await using var server = await StartAsync(context =>
            context.Request.Method == "POST" ? Token("first.token")(context) : Raw("v")(context));

        var runs = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => Task.Run(() => RunAsync(server))));

        Assert.All(runs, run => Assert.Equal((0, "v\n"), (run.ExitCode, run.Text)));
        Assert.Single(
            server.Requests.Where(request => request.Method == "POST").Select(
                request => JsonDocument.Parse(request.Body).RootElement.GetProperty("machine").GetString()).Distinct());
    }

    public void Dispose() => _folder.Dispose();

    private static Microsoft.AspNetCore.Http.RequestDelegate Token(string token) =>
        Json(
            $$"""{"url":"https://got.example.org","id":"5f0c","token":"{{token}}","expires":"2030-01-01T00:00:00Z","""
            + "\"deployment_expires\":null}");

    private Task<CliRun> RunAsync(ScriptedServer server, string ticket = Ticket) =>
        CliRun.RunAsync(["get", "k"], Variables(server, ticket));

    private Dictionary<string, string> Variables(ScriptedServer server, string ticket) => new()
    {
        ["GOT_URL"] = server.Url,
        ["GOT_TICKET"] = ticket,
        ["GOT_STATE_DIR"] = State,
    };
}
