using static Goterra.Tests.Support.ScriptedServer;

namespace Goterra.Tests.EndToEnd.Cli;

[Trait("Category", "EndToEnd")]
public sealed partial class TokenTests
{
    private const string Answer =
        """{"url":"https://got.example.org","id":"d1","token":"new.token","expires":"2030-01-01T00:00:00Z","""
        + "\"deployment_expires\":null,\"message\":\"revoked\"}";

    [Theory]
    [InlineData("renew", "/store/d1/token")]
    [InlineData("revoke", "/store/d1/revoke")]
    public async Task Renew_TokenFromTheEnvironment_PrintsTheNewToken(string command, string target)
    {
        await using var server = await StartAsync(Json(Answer));

        var run = await CliRun.RunAsync(server, command);

        Assert.Equal((0, "new.token\n", ""), (run.ExitCode, run.Text, run.Errors));
        var request = Assert.Single(server.Requests);
        Assert.Equal(
            ("POST", target, "", "Bearer token-of-d1"),
            (request.Method, request.Target, request.Text, request.Header("Authorization")));
    }

    [Theory]
    [InlineData("renew")]
    [InlineData("revoke")]
    public async Task Renew_TokenFile_IsReplacedWithMode0600(string command)
    {
        using var folder = new TempFolder();
        var file = Path.Combine(folder.Path, "token");
        await File.WriteAllTextAsync(file, "old.token\n");
        await using var server = await StartAsync(Json(Answer));

        var run = await CliRun.RunAsync([command], WithFile(server, file));

        Assert.Equal(
            (0, "", $"goterra-cli: {command}: new token stored in {file} (valid until 2030-01-01T00:00:00Z)\n"),
            (run.ExitCode, run.Text, run.Errors));
        Assert.Equal("Bearer old.token", Assert.Single(server.Requests).Header("Authorization"));
        Assert.Equal("new.token\n", await File.ReadAllTextAsync(file));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Assert.Equal([file], Directory.GetFiles(folder.Path));
    }

    [Fact]
    public async Task Get_TokenFileRenewed_IsReadAgainAfter401()
    {
        using var folder = new TempFolder();
        var file = Path.Combine(folder.Path, "token");
        await File.WriteAllTextAsync(file, "old.token\n");
        await using var server = await StartAsync(
            async context =>
            {
                await File.WriteAllTextAsync(file, "new.token\n");
                await Problem(401, "expired")(context);
            },
            Raw("v"));

        var run = await CliRun.RunAsync(["get", "k"], WithFile(server, file));

        Assert.Equal((0, "v\n", ""), (run.ExitCode, run.Text, run.Errors));
        Assert.Equal(
            ["Bearer old.token", "Bearer new.token"],
            server.Requests.Select(request => request.Header("Authorization")));
    }

    [Fact]
    public async Task Get_TokenFileNotRenewed_IsNotRetried()
    {
        using var folder = new TempFolder();
        var file = Path.Combine(folder.Path, "token");
        await File.WriteAllTextAsync(file, "old.token\n");
        await using var server = await StartAsync(Problem(401, "expired"));

        Assert.Equal(4, (await CliRun.RunAsync(["get", "k"], WithFile(server, file))).ExitCode);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task Renew_FileIsALink_ReplacesItsTarget()
    {
        using var folder = new TempFolder();
        var (link, file) = (Path.Combine(folder.Path, "link"), Path.Combine(folder.Path, "token"));
        await File.WriteAllTextAsync(file, "old.token");
        File.CreateSymbolicLink(link, file);
        await using var server = await StartAsync(Json(Answer));

        var run = await CliRun.RunAsync(["renew"], WithFile(server, link));

        Assert.Equal((0, "new.token\n"), (run.ExitCode, await File.ReadAllTextAsync(file)));
        Assert.Equal(file, File.ResolveLinkTarget(link, returnFinalTarget: false)?.FullName);
    }

    [Theory]
    [InlineData(401, 4)]
    [InlineData(403, 4)]
    [InlineData(410, 5)]
    public async Task Renew_Refused_KeepsTheFile(int status, int exitCode)
    {
        using var folder = new TempFolder();
        var file = Path.Combine(folder.Path, "token");
        await File.WriteAllTextAsync(file, "old.token");
        await using var server = await StartAsync(Problem(status, "the words of the server"));

        var run = await CliRun.RunAsync(["renew"], WithFile(server, file));

        Assert.Equal((exitCode, "", "old.token"), (run.ExitCode, run.Text, await File.ReadAllTextAsync(file)));
        Assert.Contains("the words of the server", run.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("<html>")]
    [InlineData("""{"token":"two\nlines"}""")]
    [InlineData("""{"token":""}""")]
    public async Task Renew_InvalidResponse_KeepsTheFile(string answer)
    {
        using var folder = new TempFolder();
        var file = Path.Combine(folder.Path, "token");
        await File.WriteAllTextAsync(file, "old.token");
        await using var server = await StartAsync(Json(answer));

        var run = await CliRun.RunAsync(["renew"], WithFile(server, file));

        Assert.Equal((1, "", "old.token"), (run.ExitCode, run.Text, await File.ReadAllTextAsync(file)));
    }

    [Fact]
    public async Task Renew_ByApiKey_ReplacesAnExpiredToken()
    {
        using var folder = new TempFolder();
        var file = Path.Combine(folder.Path, "token");
        await using var server = await StartAsync(Json(Answer));
        var variables = WithFile(server, file);
        variables["GOT_APIKEY"] = "key-of-me";

        var run = await CliRun.RunAsync(["renew", "--apikey"], variables);

        Assert.Equal((0, "", "new.token\n"), (run.ExitCode, run.Text, await File.ReadAllTextAsync(file)));
        var request = Assert.Single(server.Requests);
        Assert.Equal(("key-of-me", null), (request.Header("X-API-Key"), request.Header("Authorization")));
    }

    [Fact]
    public async Task Renew_ApiKeyMissing_IsAUsageError()
    {
        await using var server = await StartAsync(Json(Answer));

        var run = await CliRun.RunAsync(server, "renew", "--apikey");

        Assert.Equal(2, run.ExitCode);
        Assert.Contains("GOT_APIKEY", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Renew_FolderMissing_FailsBeforeTheRequest()
    {
        using var folder = new TempFolder();
        await using var server = await StartAsync(Json(Answer));
        var variables = WithFile(server, Path.Combine(folder.Path, "gone", "token"));
        variables["GOT_APIKEY"] = "key-of-me";

        var run = await CliRun.RunAsync(["renew", "--apikey"], variables);

        Assert.Equal(2, run.ExitCode);
        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task Revoke_FileNotWritable_PrintsTheToken()
    {
        using var folder = new TempFolder();
        var file = Path.Combine(folder.Path, "token");
        await File.WriteAllTextAsync(file, "old.token");
        await using var server = await StartAsync(context =>
        {
            File.Delete(file);
            Directory.CreateDirectory(Path.Combine(file, "full"));
            return Json(Answer)(context);
        });

        var run = await CliRun.RunAsync(["revoke"], WithFile(server, file));

        Assert.NotEqual(0, run.ExitCode);
        Assert.Equal("new.token\n", run.Text);
    }

    [Fact]
    public async Task Revoke_ResponseLost_ExplainsWhatToDo()
    {
        await using var server = await StartAsync(Hangup, Problem(401, "revoked"));

        var run = await CliRun.RunAsync(server, "revoke");

        Assert.Equal((4, ""), (run.ExitCode, run.Text));
        Assert.Contains("renew --apikey", run.Errors, StringComparison.Ordinal);
    }

    private static Dictionary<string, string> WithFile(ScriptedServer server, string file) => new()
    {
        ["GOT_URL"] = server.Url,
        ["GOT_DEPLOYMENT"] = "d1",
        ["GOT_TOKEN_FILE"] = file,
    };
}
