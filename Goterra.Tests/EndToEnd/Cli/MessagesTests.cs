using System.Buffers.Text;
using System.Text;
using static Goterra.Tests.Support.ScriptedServer;

namespace Goterra.Tests.EndToEnd.Cli;

/// <summary>Error messages name what is wrong, what would be right, and what to do next.</summary>
[Trait("Category", "EndToEnd")]
public sealed class MessagesTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    [Theory]
    [InlineData("gett k", "unknown command 'gett': did you mean get? See goterra-cli -h.")]
    [InlineData("lst", "unknown command 'lst': did you mean list? See goterra-cli -h.")]
    [InlineData(
        "ticket creat", "unknown subcommand of ticket 'creat': did you mean create? See goterra-cli ticket -h.")]
    public async Task Run_MisspelledCommand_SuggestsTheRightOne(string line, string message)
    {
        var run = await CliRun.RunAsync(line.Split(' '));

        Assert.Equal((2, $"goterra-cli: {message}\n"), (run.ExitCode, run.Errors));
    }

    [Fact]
    public async Task Run_TokenInPlaceOfACommand_IsNotRepeated()
    {
        var run = await CliRun.RunAsync(["eyJhbGciOiJIUzI1NiJ9.e30.secret"]);

        Assert.Equal(2, run.ExitCode);
        Assert.Contains(" unknown command. Commands: create, get, ", run.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("eyJ", run.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://localhost:80O0", "and a host, or a host and a port")]
    [InlineData("http://::1:8000", "an IPv6 address needs brackets")]
    [InlineData("https://localhost:0/base", "and a host, or a host and a port")]
    [InlineData("localhost:8000", "must begin with http:// or https://")]
    public async Task Run_MalformedUrl_SaysWhatIsWrong(string url, string message)
    {
        var run = await CliRun.RunAsync(["get", "k", "--url", url], CliRun.VariablesFor("http://unused"));

        Assert.Equal(2, run.ExitCode);
        Assert.Contains(message, run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Get_UrlWithByteOrderMarkAndLineBreak_IsTrimmed()
    {
        var deployment = await fixture.Server.CreateAsync();
        await deployment.PutAsync("k", "v");

        var run = await CliRun.RunAsync(
            ["get", "k", "--url", $"\uFEFF{deployment.Server}\r\n"], TestCommand.Variables(deployment));

        Assert.Equal((0, "v\n"), (run.ExitCode, run.Text));
    }

    [Fact]
    public async Task Get_ServerWithoutTls_EndsAtOnce()
    {
        var run = await CliRun.RunAsync(
            ["get", "k"],
            CliRun.VariablesFor(new UriBuilder(fixture.Server.Client.BaseAddress!) { Scheme = "https" }.ToString()));

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("does not use TLS on this port", run.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("<html>The plain HTTP request was sent to HTTPS port</html>")]
    [InlineData("Client sent an HTTP request to an HTTPS server.\n")]
    public async Task Get_HttpToATlsPort_SaysSo(string page)
    {
        await using var server = new RawServer(
            $"HTTP/1.1 400 Bad Request\r\nContent-Length: {page.Length}\r\nConnection: close\r\n\r\n{page}");

        var run = await CliRun.RunAsync(["get", "k"], CliRun.VariablesFor(server.Url));

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("--url (GOT_URL) must begin with https://", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Get_PortThatIsNotHttp_EndsAtOnce()
    {
        await using var server = new RawServer("SSH-2.0-OpenSSH_9.2\r\n");

        var run = await CliRun.RunAsync(["get", "k"], CliRun.VariablesFor(server.Url));

        Assert.Equal((1, 1), (run.ExitCode, server.Connections));
        Assert.Contains("does not speak HTTP on this port", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Put_TooLongForAProxy_NamesTheProxy()
    {
        await using var server = await StartAsync(Page(413));

        var run = await CliRun.RunAsync(server, "put", "k", "v");

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("a proxy in front of the server limits", run.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("create")]
    [InlineData("namespaces")]
    public async Task Create_NoOrUnknownApiKey_NamesTheVariable(string command)
    {
        await using var server = await StartAsync(Problem(401, "An API key is required"));

        var run = await CliRun.RunAsync(server, command);

        Assert.Contains("GOT_APIKEY", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Put_ConditionNotMet_SaysWhich()
    {
        var deployment = await fixture.Server.CreateAsync();
        await deployment.PutAsync("k", "v");
        var variables = TestCommand.Variables(deployment);

        var absent = await CliRun.RunAsync(["put", "--if-absent", "k", "w"], variables);
        var match = await CliRun.RunAsync(["put", "--if-match", "1.x", "k", "w"], variables);

        Assert.Equal(
            (8, "goterra-cli: put k: the key exists already (--if-absent); nothing was written\n"),
            (absent.ExitCode, absent.Errors));
        Assert.Equal(8, match.ExitCode);
        Assert.Contains("changed since that ETag", match.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Put_FileNotFound_NamesIt()
    {
        var run = await CliRun.RunAsync(["put", "k", "@/no/such/file"]);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("put: cannot read /no/such/file: no such file", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Remove_KeyNotFound_ExitsWith3()
    {
        var deployment = await fixture.Server.CreateAsync();

        var run = await CliRun.RunAsync(["rm", "k"], TestCommand.Variables(deployment));

        Assert.Equal((3, "goterra-cli: rm k: Key not found.\n"), (run.ExitCode, run.Errors));
    }

    [Fact]
    public async Task Get_NarrowedToken_SaysWhatItMayDo()
    {
        var deployment = await fixture.Server.CreateAsync();
        var narrowed = await deployment.PostAsync("token", """{"read":["join_*","a"]}""");
        var variables = TestCommand.Variables(deployment);
        variables["GOT_TOKEN"] = narrowed.Json.GetProperty("token").GetString()!;

        var run = await CliRun.RunAsync(["get", "db/password"], variables);

        Assert.Equal(4, run.ExitCode);
        Assert.StartsWith("goterra-cli: get db/password: not authorized: ", run.Errors, StringComparison.Ordinal);
        Assert.EndsWith("(it may read: join_*, a; write: nothing)\n", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Get_TokenOfAnotherDeployment_NamesBoth()
    {
        var claims = Base64Url.EncodeToString(Encoding.UTF8.GetBytes("""{"deployment":"d2","exp":2000000000}"""));
        await using var server = await StartAsync(Problem(403, "This token belongs to another deployment."));
        var variables = CliRun.VariablesFor(server.Url);
        variables["GOT_TOKEN"] = $"h.{claims}.s";

        var run = await CliRun.RunAsync(["get", "k"], variables);

        Assert.EndsWith(
            "(the token is for d2, and --deployment (GOT_DEPLOYMENT) is d1)\n", run.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("token --ttl 60d")]
    [InlineData("ticket create --full --ttl 60d")]
    public async Task Token_LongerThanTheServerAllows_IsReported(string line)
    {
        var deployment = await fixture.Server.CreateAsync();

        var run = await CliRun.RunAsync(
            line.Split(' '), TestCommand.Variables(deployment), time: TimeProvider.System);

        Assert.Equal(0, run.ExitCode);
        Assert.Contains("the server limits the lifetime to 30d00h", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Get_MalformedTicket_SaysWhatATicketIs()
    {
        var run = await CliRun.RunAsync(["get", "k"], new Dictionary<string, string> { ["GOT_TICKET"] = "nonsense" });

        Assert.Equal(2, run.ExitCode);
        Assert.Contains("GOT_TICKET is not a ticket (the id of a deployment", run.Errors, StringComparison.Ordinal);
    }
}
