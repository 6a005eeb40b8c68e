using System.Diagnostics;
using System.Text.Json;
using static Goterra.Tests.Support.ScriptedServer;

namespace Goterra.Tests.EndToEnd.Cli;

[Trait("Category", "EndToEnd")]
public sealed class CreateTests
{
    private const string Answer =
        """{"url":"https://got.example.org","id":"5f0c","token":"abc.def","expires":"2030-01-01T00:00:00Z","""
        + "\"deployment_expires\":null}";

    private const string Lines = "url=https://got.example.org\nid=5f0c\ntoken=abc.def\n";

    [Fact]
    public async Task Create_OnlyUrlSet_PrintsThreeLines()
    {
        await using var server = await StartAsync(Json(Answer));

        var run = await CliRun.RunAsync(["create", "--url", server.Url]);

        Assert.Equal((0, Lines, ""), (run.ExitCode, run.Text, run.Errors));
        var request = Assert.Single(server.Requests);
        Assert.Equal(("POST", "/store", "{}"), (request.Method, request.Target, request.Text));
        Assert.Null(request.Header("X-API-Key"));
    }

    [Theory]
    [InlineData("http://localhost:8000", "which other machines cannot reach")]
    [InlineData("http://goterra.example.org", "which sends the token unencrypted")]
    [InlineData("https://goterra.example.org", "")]
    public async Task Create_UnusablePublicUrl_Warns(string url, string says)
    {
        using var authority = new TestAuthority();
        await using var server = await StartSecureAsync(
            authority.Issue("goterra.test"),
            Json(Answer.Replace("https://got.example.org", url, StringComparison.Ordinal)));
        await using var proxy = new LittleProxy(server.Port);
        var variables = CliRun.VariablesFor("https://goterra.test");
        (variables["GOT_CACERT"], variables["HTTPS_PROXY"]) = (authority.Path, $"http://{proxy.Authority}");

        var run = await CliRun.RunAsync(["create"], variables);

        Assert.Equal(
            (0, Lines.Replace("https://got.example.org", url, StringComparison.Ordinal)), (run.ExitCode, run.Text));
        if (says.Length > 0)
            Assert.Contains(says, run.Errors, StringComparison.Ordinal);
        else
            Assert.Equal("", run.Errors);
    }

    [Fact]
    public async Task Create_ApiKeyAndOptions_AreSentWithoutToken()
    {
        await using var server = await StartAsync(Json(Answer));
        var variables = CliRun.VariablesFor(server.Url);
        variables["GOT_APIKEY"] = "key-of-me";

        await CliRun.RunAsync(["create", "--ttl", "48h", "--name", "my \"lab\"", "--ns", "team"], variables);

        var request = Assert.Single(server.Requests);
        Assert.Equal(("key-of-me", "team"), (request.Header("X-API-Key"), request.Header("X-API-NS")));
        Assert.Equal("""{"ttl":"48h","name":"my \u0022lab\u0022"}""", request.Text);
        Assert.Null(request.Header("Authorization"));
    }

    [Theory]
    [InlineData(503)]
    [InlineData(429)]
    [InlineData(507)]
    public async Task Create_ServerUnavailable_IsRetried(int status)
    {
        await using var server = await StartAsync(Problem(status, "starting", retryAfter: "1"), Json(Answer));

        var run = await CliRun.RunAsync(server, "create");

        Assert.Equal((0, Lines), (run.ExitCode, run.Text));
    }

    [Fact]
    public async Task Create_ConnectionRefused_IsRetriedUntilTheDeadline()
    {
        var run = await CliRun.RunAsync(["create"], CliRun.VariablesFor(await DeadUrlAsync()));

        Assert.Equal((7, ""), (run.ExitCode, run.Text));
    }

    [Fact]
    public async Task Create_ResponseLost_IsRepeatedWithTheSameKey()
    {
        await using var hangup = await StartAsync(Hangup, Json(Answer));
        await using var cut = await StartAsync(CutInTheMiddle(Answer, "application/json"), Json(Answer));
        await using var error = await StartAsync(Problem(502, "bad gateway"), Json(Answer));

        foreach (var server in new[] { hangup, cut, error })
        {
            var run = await CliRun.RunAsync(server, "create");

            Assert.Equal((0, 2), (run.ExitCode, server.Requests.Count));
            Assert.Contains("retrying", run.Errors, StringComparison.Ordinal);
            var key = Assert.Single(server.Requests.Select(request => request.Header("Idempotency-Key")).Distinct());
            Assert.InRange(key!.Length, 32, 255);
        }
    }

    [Fact]
    public async Task Create_ResponseOfTheServerLost_LeavesOneDeployment()
    {
        await using var server = await RunningServer.StartAsync();
        await using var proxy = await LossyProxy.StartAsync(server.Address, request => request.Method == "POST");

        var run = await CliRun.RunAsync(["create", "--output", "json"], CliRun.VariablesFor(proxy.Url));

        Assert.Equal((0, 1), (run.ExitCode, proxy.Lost));
        Assert.Single(System.Text.RegularExpressions.Regex.Matches(run.Text, "\"id\""));
        Assert.Equal(1, await server.CountDeploymentsAsync());
    }

    [Theory]
    [InlineData("--idempotency-key", "k1", "k1")]
    [InlineData(null, "k2", "k2")]
    public async Task Create_GivenKey_IsSent(string? option, string key, string sent)
    {
        await using var server = await StartAsync(Json(Answer));
        var variables = new Dictionary<string, string>(CliRun.VariablesFor(server.Url));
        if (option is null)
            variables["GOT_IDEMPOTENCY_KEY"] = key;

        var run = await CliRun.RunAsync(option is null ? ["create"] : ["create", option, key], variables);

        Assert.Equal(0, run.ExitCode);
        Assert.Equal(sent, Assert.Single(server.Requests).Header("Idempotency-Key"));
        Assert.Equal(2, (await CliRun.RunAsync(["create", "--idempotency-key", ""], variables)).ExitCode);
    }

    [Theory]
    [InlineData("""{"url":"u","id":"i"}""")]
    [InlineData("""{"message":"hello"}""")]
    [InlineData("<html>")]
    [InlineData("""{"url":"u","id":"i\nid=j","token":"t"}""")]
    public async Task Create_InvalidResponse_PrintsNothing(string answer)
    {
        await using var server = await StartAsync(Json(answer));

        var run = await CliRun.RunAsync(server, "create");

        Assert.Equal((1, ""), (run.ExitCode, run.Text));
    }

    [Fact]
    public async Task Create_NotAuthorized_PrintsTheReason()
    {
        await using var server = await StartAsync(Problem(403, "anonymous creation is off"));

        var run = await CliRun.RunAsync(server, "create");

        Assert.Equal(
            (4, "goterra-cli: create: not authorized: anonymous creation is off (API key: GOT_APIKEY)\n"),
            (run.ExitCode, run.Errors));
    }

    [Fact]
    public async Task Create_OutputJson_PrintsOneObject()
    {
        await using var server = await StartAsync(Json(Answer));

        var run = await CliRun.RunAsync(server, "create", "--output", "json");

        Assert.Equal((0, Answer + "\n"), (run.ExitCode, run.Text));
    }

    [Theory]
    [InlineData("https://got.example.org", "5f0c")]
    [InlineData("it's $(touch pwned) `touch pwned` \\", "a'; touch pwned; '")]
    [InlineData("$HOME \"x\" & | > pwned #", "'''")]
    public async Task Create_OutputEnv_IsSafeToEval(string url, string id)
    {
        using var folder = new TempFolder();
        await using var server = await StartAsync(
            Json(JsonSerializer.Serialize(new { url, id, token = "t'$(touch${IFS}pwned)" })));

        var run = await CliRun.RunAsync(server, "create", "--output", "env");
        var start = new ProcessStartInfo(
            "/bin/sh",
            [
                "-c", "eval \"$1\"; printf '%s\\n' \"$GOT_URL\" \"$GOT_DEPLOYMENT\"; env | grep ^GOT_TOKEN=",
                "sh", run.Text,
            ])
        {
            RedirectStandardOutput = true,
            WorkingDirectory = folder.Path,
        };
        using var shell = Process.Start(start)!;
        var seen = await shell.StandardOutput.ReadToEndAsync();

        Assert.Equal($"{url}\n{id}\nGOT_TOKEN=t'$(touch${{IFS}}pwned)\n", seen);
        Assert.Empty(Directory.GetFiles(folder.Path));
    }
}
