using static Goterra.Tests.Support.ScriptedServer;

namespace Goterra.Tests.EndToEnd.Cli;

[Trait("Category", "EndToEnd")]
public sealed class ListTests
{
    private const string Answer =
        """{"keys":[{"key":"a","size":3,"revision":1,"updated":"2030-01-01T00:00:00Z"},"""
        + """{"key":"b\u001b","size":0,"revision":2,"updated":"2030-01-02T00:00:00Z"}],"id":"d1"}""";

    [Fact]
    public async Task List_Plain_DoesNotRequestValues()
    {
        await using var server = await StartAsync(Json(Answer));

        var run = await CliRun.RunAsync(server, "list");

        Assert.Equal(
            (0, "a\t3\t2030-01-01T00:00:00Z\nb\\u{1b}\t0\t2030-01-02T00:00:00Z\n", ""),
            (run.ExitCode, run.Text, run.Errors));
        Assert.Equal("/store/d1?values=false", Assert.Single(server.Requests).Target);
    }

    [Theory]
    [InlineData("--json", "/store/d1")]
    [InlineData("--json --no-values", "/store/d1?values=false")]
    [InlineData("--json --filter nodes/&x", "/store/d1?filter=nodes%2F%26x")]
    public async Task List_Json_PrintsTheResponse(string options, string target)
    {
        await using var server = await StartAsync(Json(Answer + "\n"));

        var run = await CliRun.RunAsync(server, ["list", .. options.Split(' ')]);

        Assert.Equal((0, Answer + "\n"), (run.ExitCode, run.Text));
        Assert.Equal(target, Assert.Single(server.Requests).Target);
    }

    [Fact]
    public async Task List_OldServer_UsesTheKeysOfTheValues()
    {
        await using var server = await StartAsync(Json("""{"deployment":{"b":"é","a":""}}"""));

        var run = await CliRun.RunAsync(server, "list", "--filter", "x");

        Assert.Equal((0, "a\t0\t\nb\t2\t\n"), (run.ExitCode, run.Text));
    }

    [Fact]
    public async Task List_EmptyDeployment_PrintsNothing()
    {
        await using var server = await StartAsync(Json("""{"keys":[]}"""));

        var run = await CliRun.RunAsync(server, "list");

        Assert.Equal((0, "", ""), (run.ExitCode, run.Text, run.Errors));
    }

    [Theory]
    [InlineData("""{"id":"d1","revision":0}""", "")]
    [InlineData("""{"id":"d1","keys":null,"deployment":null}""", "")]
    [InlineData("""{"deployment":{"a":null}}""", "a\t0\t\n")]
    [InlineData("""{"keys":[null,{"key":"a"}]}""", "a\t0\t\n")]
    public async Task List_MembersMissing_PrintsTheRest(string answer, string lines)
    {
        await using var server = await StartAsync(Json(answer));

        var run = await CliRun.RunAsync(server, "list");

        Assert.Equal((0, lines, ""), (run.ExitCode, run.Text, run.Errors));
    }

    [Fact]
    public async Task List_InvalidResponse_IsAnError()
    {
        await using var server = await StartAsync(Json("[]"));

        var run = await CliRun.RunAsync(server, "list", "--json");

        Assert.Equal((1, ""), (run.ExitCode, run.Text));
    }
}
