using System.Text;
using Microsoft.AspNetCore.Http;
using static Goterra.Tests.Support.ScriptedServer;

namespace Goterra.Tests.EndToEnd.Cli;

[Trait("Category", "EndToEnd")]
public sealed partial class DoctorTests
{
    private static readonly RequestDelegate Greeting = Json("""{"version":"0.1.0","message":"ok"}""");
    private static readonly RequestDelegate Listing = Json(
        """{"keys":[{"key":"k","size":1}],"id":"d1","state":"active"}""");

    [Fact]
    public async Task Doctor_NoProblems_PrintsOkLines()
    {
        using var authority = new TestAuthority();
        await using var server = await StartSecureAsync(authority.Issue(), Greeting, Listing);

        var run = await RunAsync(server.Url, Token(left: TimeSpan.FromHours(20)), ("GOT_CACERT", authority.Path));

        Assert.Equal((0, ""), (run.ExitCode, run.Errors));
        Assert.Equal(
            ["proxy", "name", "tcp", "tls", "server", "clock", "token", "access"],
            Lines(run).Select(line => line[6..line.IndexOf(':')]));
        Assert.All(Lines(run), line => Assert.StartsWith("ok    ", line, StringComparison.Ordinal));
        Assert.Contains("CN=localhost, signed by CN=Test CA", run.Text, StringComparison.Ordinal);
        Assert.Contains($"GOT_CACERT {authority.Path}", run.Text, StringComparison.Ordinal);
        Assert.Contains("for deployment d1, full access, from GOT_TOKEN; ", run.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Doctor_Credential_IsOnlySentToAVerifiedServer()
    {
        await using var server = await StartAsync(Greeting, Listing);

        await RunAsync(server.Url, Token());

        Assert.Equal(["/store", "/store/d1?values=false"], server.Requests.Select(request => request.Target));
        Assert.Equal(
            [null, $"Bearer {Token()}"],
            server.Requests.Select(
                request => request.Header("Authorization")?.Length > 0 ? $"Bearer {Token()}" : null));
    }

    [Fact]
    public async Task Doctor_UnknownHost_FailsAtNameAndChecksTheToken()
    {
        var run = await RunAsync("http://goterra.invalid", Token());

        Assert.Equal(7, run.ExitCode);
        Assert.Equal(["ok    proxy", "FAIL  name", "ok    token"], Heads(run));
        Assert.Contains("resolv.conf", run.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Doctor_ConnectionRefused_FailsAtTcp()
    {
        var run = await RunAsync(await DeadUrlAsync(), Token());

        Assert.Equal(7, run.ExitCode);
        Assert.Equal(["ok    proxy", "ok    name", "FAIL  tcp", "ok    token"], Heads(run));
        Assert.Contains("Connection refused", run.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Doctor_UntrustedCa_FailsAtTlsAndNamesTheIssuer()
    {
        using var authority = new TestAuthority();
        await using var server = await StartSecureAsync(authority.Issue(), Greeting);

        var run = await RunAsync(server.Url, Token());

        Assert.Equal(1, run.ExitCode);
        Assert.Equal(["ok    proxy", "ok    name", "ok    tcp", "FAIL  tls", "ok    token"], Heads(run));
        Assert.Contains("CN=Test CA", run.Text, StringComparison.Ordinal);
        Assert.Contains("GOT_CACERT", run.Text, StringComparison.Ordinal);
        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task Doctor_ClockBehindTheCertificate_ShowsBothClocks()
    {
        using var authority = new TestAuthority();
        await using var server = await StartSecureAsync(authority.Issue(from: 2), At(TimeSpan.FromDays(3), Greeting));

        var run = await RunAsync(server.Url, Token(), ("GOT_CACERT", authority.Path));

        Assert.Equal(7, run.ExitCode);
        Assert.Equal(["ok    proxy", "ok    name", "ok    tcp", "FAIL  tls", "warn  clock", "ok    token"], Heads(run));
        Assert.Contains("not yet valid", run.Text, StringComparison.Ordinal);
        Assert.Matches("(2d23|3d00)h behind the server's", run.Text);
        Assert.All(server.Requests, request => Assert.Null(request.Header("Authorization")));
    }

    [Fact]
    public async Task Doctor_ClockAheadByYears_ChecksTheTokenByTheServersClock()
    {
        await using var server = await StartAsync(At(TimeSpan.FromDays(-4000), Greeting), Listing);

        var run = await RunAsync(server.Url, Token(left: TimeSpan.FromDays(-3999)));

        Assert.Equal(0, run.ExitCode);
        Assert.Contains("warn  clock: 4000d00h ahead of the server's", run.Text, StringComparison.Ordinal);
        Assert.Contains("ok    token", run.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(403, 4)]
    [InlineData(410, 5)]
    [InlineData(503, 7)]
    public async Task Doctor_ServerRefuses_FailsWithItsExplanation(int status, int exitCode)
    {
        await using var server = await StartAsync(Greeting, Problem(status, "the words of the server"));

        var run = await RunAsync(server.Url, Token());

        Assert.Equal(exitCode, run.ExitCode);
        Assert.Contains("FAIL  access: the words of the server", run.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Doctor_DeploymentFailed_Warns()
    {
        await using var server = await StartAsync(
            Greeting, Json("""{"keys":[],"id":"d1","state":"failed","reason":"no disk"}"""));

        var run = await RunAsync(server.Url, Token());

        Assert.Equal(0, run.ExitCode);
        Assert.Contains(
            "warn  access: accepted, but the deployment has failed: no disk", run.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Doctor_NotAGoterraServer_FailsAtServer()
    {
        await using var server = await StartAsync(Json("""{"hello":"world"}"""));

        var run = await RunAsync(server.Url, Token());

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("FAIL  server", run.Text, StringComparison.Ordinal);
        Assert.Contains("GOT_URL", run.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Doctor_NothingSet_NamesTheMissingVariables()
    {
        var run = await CliRun.RunAsync(["doctor"], time: TimeProvider.System);

        Assert.Equal((2, ""), (run.ExitCode, run.Errors));
        Assert.Contains("FAIL  address: --url is missing: use it, or set GOT_URL", run.Text, StringComparison.Ordinal);
        Assert.Contains("FAIL  token: no token", run.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Doctor_Proxy_NamesTheVariableAndChecksTheProxy()
    {
        await using var server = await StartAsync(Greeting, Listing);
        await using var proxy = new LittleProxy(server.Port);

        var run = await RunAsync("http://goterra.test", Token(), ("HTTP_PROXY", $"user:hidden@{proxy.Authority}"));

        Assert.Equal(0, run.ExitCode);
        Assert.Contains($"ok    proxy: {proxy.Authority}, from HTTP_PROXY", run.Text, StringComparison.Ordinal);
        Assert.Contains("ok    server: goterra-store 0.1.0", run.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("hidden", run.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Doctor_ProxyDown_NamesTheProxy()
    {
        var dead = (await DeadUrlAsync())["http://".Length..];

        var run = await RunAsync("http://goterra.test", Token(), ("HTTP_PROXY", dead));

        Assert.Equal(7, run.ExitCode);
        Assert.Contains("FAIL  tcp", run.Text, StringComparison.Ordinal);
        Assert.Contains("is the proxy in HTTP_PROXY right", run.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Doctor_Ticket_IsNotRedeemed()
    {
        using var folder = new TempFolder();
        await using var server = await StartAsync(Greeting);

        var run = await CliRun.RunAsync(
            ["doctor"],
            new Dictionary<string, string>
            {
                ["GOT_URL"] = server.Url,
                ["GOT_TICKET"] = "d1.secret-of-it",
                ["GOT_STATE_DIR"] = folder.Path,
            },
            time: TimeProvider.System);

        Assert.Equal(0, run.ExitCode);
        Assert.Contains("ok    token: none yet: a ticket for deployment d1", run.Text, StringComparison.Ordinal);
        Assert.Equal("/store", Assert.Single(server.Requests).Target);
    }

    private static string[] Lines(CliRun run) => run.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static IEnumerable<string> Heads(CliRun run) => Lines(run).Select(line => line.Split(':')[0]);

    private static string Token(string deployment = "d1", TimeSpan? left = null, TimeSpan? issued = null)
    {
        var iat = issued is { } ago
            ? $"\"iat\":{(TimeProvider.System.GetUtcNow() + ago).ToUnixTimeSeconds()},"
            : "";
        var expires = (TimeProvider.System.GetUtcNow() + (left ?? TimeSpan.FromDays(30))).ToUnixTimeSeconds();
        var claims =
            $$"""{"aud":"goterra/deployment","deployment":"{{deployment}}","scope":"full",{{iat}}"exp":{{expires}}}""";
        var payload = System.Buffers.Text.Base64Url.EncodeToString(Encoding.UTF8.GetBytes(claims));
        return $"eyJhbGciOiJIUzI1NiJ9.{payload}.c2lnbmF0dXJl";
    }

    /// <summary>A response with a Date that differs by that much.</summary>
    private static RequestDelegate At(TimeSpan ahead, RequestDelegate answer) => context =>
    {
        context.Response.Headers.Date = (TimeProvider.System.GetUtcNow() + ahead).ToString("R");
        return answer(context);
    };

    private static Task<CliRun> RunAsync(string url, string token, params (string Name, string Value)[] more) =>
        RunAsync(["doctor"], url, token, more);

    private static Task<CliRun> RunAsync(
        string[] args, string url, string token, params (string Name, string Value)[] more)
    {
        var variables = CliRun.VariablesFor(url);
        variables["GOT_TOKEN"] = token;
        foreach (var (name, value) in more)
            variables[name] = value;
        return CliRun.RunAsync(args, variables, time: TimeProvider.System);
    }
}
