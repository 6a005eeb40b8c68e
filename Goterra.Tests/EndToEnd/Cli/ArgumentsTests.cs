using static Goterra.Tests.Support.ScriptedServer;

namespace Goterra.Tests.EndToEnd.Cli;

/// <summary>How command lines are parsed, tested by the requests that reach the server.</summary>
[Trait("Category", "EndToEnd")]
public sealed partial class ArgumentsTests
{
    private const string Token = "eyJhbGciOi.token.of-d1";

    [Theory]
    [InlineData("--deployment D --url U --token T put status_app_x start")]
    [InlineData("-deployment D -url U -token T put status_app_x start")]
    [InlineData("-deployment=D -url=U --token=T put status_app_x start")]
    [InlineData("put --deployment D -url U --token=T status_app_x start")]
    [InlineData("--url nowhere --deployment D --token T --url U put status_app_x start")]
    [InlineData("-timeout 5 --deployment D --url U --token T put status_app_x start")]
    [InlineData("--deployment D --url U --token T put -- status_app_x start")]
    [InlineData("--deployment D --url U --token T put status_app_x -- start")]
    public async Task Put_UsualCommandLine_StoresTheValue(string line)
    {
        await using var server = await StartAsync(Done);
        var args = line.Split(' ').Select(word => word
            .Replace("U", server.Url, StringComparison.Ordinal).Replace("D", "d1", StringComparison.Ordinal).Replace(
                "T", Token, StringComparison.Ordinal));

        var run = await CliRun.RunAsync([.. args]);

        Assert.Equal((0, "", ""), (run.ExitCode, run.Text, run.Errors));
        var request = Assert.Single(server.Requests);
        Assert.Equal(("PUT", "/store/d1/status_app_x", "start"), (request.Method, request.Target, request.Text));
        Assert.Equal($"Bearer {Token}", request.Header("Authorization"));
    }

    [Theory]
    [InlineData("-5")]
    [InlineData("--token")]
    [InlineData("--url=http://elsewhere")]
    [InlineData("-h")]
    [InlineData("--version")]
    [InlineData("--")]
    [InlineData("--if-absent")]
    [InlineData("[suggest]")]
    [InlineData("\"quoted\" and spaced\nlines")]
    [InlineData("é😀")]
    [InlineData("")]
    public async Task Put_AnyWordAfterTheKey_IsTheValue(string value)
    {
        await using var server = await StartAsync(Done);

        var run = await CliRun.RunAsync(server, "put", "k", value);

        Assert.Equal((0, ""), (run.ExitCode, run.Errors));
        Assert.Equal(value, Assert.Single(server.Requests).Text);
    }

    [Fact]
    public async Task Put_OptionAfterTheValue_IsRefusedWithAHint()
    {
        await using var server = await StartAsync(Done);

        var run = await CliRun.RunAsync(server, "put", "k", "v", "--if-absent");

        Assert.Equal(2, run.ExitCode);
        Assert.Contains("options before the KEY", run.Errors, StringComparison.Ordinal);
        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task Put_UnquotedValue_IsRefusedWithoutRepeatingIt()
    {
        await using var server = await StartAsync(Done);

        var run = await CliRun.RunAsync(server, "put", "k", "some", "secret", "words");

        Assert.Equal(2, run.ExitCode);
        Assert.Contains("Quote a value", run.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", run.Errors, StringComparison.Ordinal);
        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task Get_OptionsOnBothSides_AreAccepted()
    {
        await using var server = await StartAsync(Raw("v"));

        var run = await CliRun.RunAsync(["-url", server.Url, "get", "--token", Token, "k", "-deployment", "d2", "-n"]);

        Assert.Equal((0, "v"), (run.ExitCode, run.Text));
        Assert.Equal("/store/d2/k?wait=25s", Assert.Single(server.Requests).Target);
    }

    [Theory]
    [InlineData("")]
    [InlineData("--timeout 5")]
    [InlineData("frob")]
    [InlineData("--url http://localhost:8000/store/ get k")]
    [InlineData("get")]
    [InlineData("get k more")]
    [InlineData("put")]
    [InlineData("put k")]
    [InlineData("rm")]
    [InlineData("delete k")]
    [InlineData("list k")]
    [InlineData("get k --bogus")]
    [InlineData("get --if-absent k")]
    [InlineData("get k --timeout")]
    [InlineData("get k --timeout soon")]
    [InlineData("get k --timeout -5")]
    [InlineData("get k --timeout 99999999999999999999")]
    [InlineData("put --timeout 0 k v")]
    [InlineData("put --if-absent --if-match 1.a k v")]
    [InlineData("put k @")]
    [InlineData("put --if-match a\"b k v")]
    [InlineData("get --changed --no-wait k")]
    [InlineData("get --changed --timeout 0 k")]
    [InlineData("get --changed --default x k")]
    [InlineData("get --changed-from \u00e9 k")]
    [InlineData("get --fail-prefix= k")]
    [InlineData("get --etag-save= k")]
    [InlineData("wait --prefix nodes/")]
    [InlineData("wait --count 3")]
    [InlineData("wait --prefix nodes/ --count 0")]
    [InlineData("wait --prefix nodes/ --count x")]
    [InlineData("wait --prefix= --count 1")]
    [InlineData("wait --prefix nodes/ --count 3 nodes/")]
    [InlineData("wait --prefix a\u202eb --count 3")]
    [InlineData("fail")]
    [InlineData("fail --json why")]
    [InlineData("status d1")]
    [InlineData("status --no-values")]
    [InlineData("watch d1")]
    [InlineData("create --ttl 48")]
    [InlineData("create --ttl soon")]
    public async Task Run_MalformedCommandLine_IsAUsageErrorInOneLine(string line)
    {
        await using var server = await StartAsync(Done);

        var run = await CliRun.RunAsync(server, line.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        Assert.Equal((2, ""), (run.ExitCode, run.Text));
        Assert.Matches(@"\Agoterra-cli: [^\n]+\n\z", run.Errors);
        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task Run_MisspelledTokenOption_DoesNotRepeatTheToken()
    {
        var run = await CliRun.RunAsync(["--tokn", Token, "get", "k"]);
        var other = await CliRun.RunAsync(["-tok=" + Token, "get", "k"]);
        var third = await CliRun.RunAsync(["--token=", Token, "get", "k"]);

        Assert.Equal((2, 2, 2), (run.ExitCode, other.ExitCode, third.ExitCode));
        Assert.DoesNotContain("eyJ", run.Errors + other.Errors + third.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("/k")]
    [InlineData("k/")]
    [InlineData("a//b")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("a/../b")]
    [InlineData("a\nb")]
    [InlineData("a\u202eb")]
    public async Task Run_InvalidKey_IsAUsageErrorInEveryCommand(string key)
    {
        await using var server = await StartAsync(Done);

        Assert.Equal(2, (await CliRun.RunAsync(server, "get", key)).ExitCode);
        Assert.Equal(2, (await CliRun.RunAsync(server, "put", key, "v")).ExitCode);
        Assert.Equal(2, (await CliRun.RunAsync(server, "rm", key)).ExitCode);
        Assert.Empty(server.Requests);
    }

    [Theory]
    [InlineData("nodes/n1", "nodes/n1")]
    [InlineData("a b", "a%20b")]
    [InlineData("100%2F", "100%252F")]
    [InlineData("a?b#c&d=e+f", "a%3Fb%23c%26d%3De%2Bf")]
    [InlineData("é😀", "%C3%A9%F0%9F%98%80")]
    [InlineData("e\u0301", "e%CC%81")]
    [InlineData("...", "...")]
    [InlineData("-k", "-k")]
    public async Task Get_Key_IsPercentEncodedOnce(string key, string path)
    {
        await using var server = await StartAsync(Raw("v"));

        await CliRun.RunAsync(server, "get", "--no-wait", "--", key);

        Assert.Equal($"/store/d1/{path}", Assert.Single(server.Requests).Target);
    }

    [Theory]
    [InlineData("/", "/store")]
    [InlineData("/got/", "/got/store")]
    [InlineData("/got", "/got/store")]
    public async Task Run_UrlWithPathOrSlash_KeepsIt(string path, string target)
    {
        await using var server = await StartAsync(Done);

        await CliRun.RunAsync(["put", "--url", server.Url + path, "k", "v"], CliRun.VariablesFor(server.Url));

        Assert.Equal($"{target}/d1/k", Assert.Single(server.Requests).Target);
    }
}
