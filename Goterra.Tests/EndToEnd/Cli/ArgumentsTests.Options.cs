using static Goterra.Tests.Support.ScriptedServer;

namespace Goterra.Tests.EndToEnd.Cli;

[Trait("Category", "EndToEnd")]
public sealed partial class ArgumentsTests
{
    [Theory]
    [InlineData("--url", "", "GOT_URL")]
    [InlineData("--url", "example.org", "GOT_URL")]
    [InlineData("--url", "ftp://example.org", "GOT_URL")]
    [InlineData("--url", "http://user:password@example.org", "GOT_URL")]
    [InlineData("--url", "https://ci:password#1@example.org", "GOT_URL")]
    [InlineData("--url", "https://ci:password/1@example.org", "GOT_URL")]
    [InlineData("--url", "https://ci:password", "GOT_URL")]
    [InlineData("--url", "http://example.org/?a=b", "GOT_URL")]
    [InlineData("--deployment", "", "GOT_DEPLOYMENT")]
    [InlineData("--deployment", "..", "GOT_DEPLOYMENT")]
    [InlineData("--deployment", "-", "GOT_DEPLOYMENT")]
    [InlineData("--deployment", "a/b", "GOT_DEPLOYMENT")]
    [InlineData("--token", "", "GOT_TOKEN")]
    [InlineData("--token", " ", "GOT_TOKEN")]
    public async Task Run_UnusableOption_NamesItAndItsVariable(string option, string value, string variable)
    {
        var run = await CliRun.RunAsync(["get", "k", option, value], CliRun.VariablesFor("http://127.0.0.1:1"));

        Assert.Equal(2, run.ExitCode);
        Assert.Contains(option, run.Errors, StringComparison.Ordinal);
        Assert.Contains(variable, run.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain(
            "password", run.Errors.Replace("user or password", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GOT_URL", "--url")]
    [InlineData("GOT_DEPLOYMENT", "--deployment")]
    [InlineData("GOT_TOKEN", "--token")]
    public async Task Run_NothingSet_NamesOptionAndVariable(string variable, string option)
    {
        var variables = CliRun.VariablesFor("http://127.0.0.1:1");
        variables.Remove(variable);

        var run = await CliRun.RunAsync(["get", "k"], variables);

        Assert.Equal(2, run.ExitCode);
        Assert.Contains(option, run.Errors, StringComparison.Ordinal);
        Assert.Contains(variable, run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_SeveralCredentials_UsesTheFirst()
    {
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, "from-file\n");
        await using var server = await StartAsync(Done);
        var variables = CliRun.VariablesFor(server.Url);
        variables["GOT_TOKEN"] = "from-variable";
        variables["GOT_TOKEN_FILE"] = file;
        variables["GOT_APIKEY"] = "api-key";

        await CliRun.RunAsync(["put", "--token", "from-option", "k", "v"], variables);
        await CliRun.RunAsync(["put", "k", "v"], variables);
        variables.Remove("GOT_TOKEN");
        await CliRun.RunAsync(["put", "k", "v"], variables);
        variables.Remove("GOT_TOKEN_FILE");
        await CliRun.RunAsync(["put", "k", "v"], variables);
        File.Delete(file);

        Assert.Equal(
            ["Bearer from-option", "Bearer from-variable", "Bearer from-file", null],
            server.Requests.Select(request => request.Header("Authorization")));
        Assert.Equal([null, null, null, "api-key"], server.Requests.Select(request => request.Header("X-API-Key")));
    }

    [Theory]
    [InlineData("/nonexistent/token")]
    [InlineData("/dev/null")]
    public async Task Run_UnusableTokenFile_NamesTheVariable(string path)
    {
        var variables = CliRun.VariablesFor("http://127.0.0.1:1");
        variables.Remove("GOT_TOKEN");
        variables["GOT_TOKEN_FILE"] = path;

        var run = await CliRun.RunAsync(["get", "k"], variables);

        Assert.Equal(2, run.ExitCode);
        Assert.Contains("GOT_TOKEN_FILE", run.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--version")]
    [InlineData("-version")]
    [InlineData("get --version")]
    public async Task Run_Version_PrintsIt(string line)
    {
        var run = await CliRun.RunAsync(line.Split(' '));

        Assert.Equal((0, ""), (run.ExitCode, run.Errors));
        Assert.Matches(@"\Agoterra-cli \d+\.\d+\.\d+(-[0-9a-z.]+)?\n\z", run.Text);
    }

    [Theory]
    [InlineData("-h", "GOT_TOKEN_FILE")]
    [InlineData("-help", "lost the race")]
    [InlineData("get -h", "--no-wait")]
    [InlineData("-h get", "--default")]
    [InlineData("put -h", "put [options] <KEY> <VALUE>")]
    [InlineData("fail -h", "fail [options] <REASON>")]
    [InlineData("resume -h", "resume [options] [<REASON>]")]
    [InlineData("wait -h", "--fail-prefix")]
    [InlineData("--json watch -h", "--json")]
    public async Task Run_Help_GoesToStdout(string line, string part)
    {
        var run = await CliRun.RunAsync(line.Split(' '));

        Assert.Equal((0, ""), (run.ExitCode, run.Errors));
        Assert.Contains(part, run.Text, StringComparison.Ordinal);
    }
}
