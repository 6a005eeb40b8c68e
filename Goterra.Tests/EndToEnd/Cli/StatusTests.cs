using Microsoft.AspNetCore.Http;
using static Goterra.Tests.Support.ScriptedServer;

namespace Goterra.Tests.EndToEnd.Cli;

[Trait("Category", "EndToEnd")]
public sealed partial class StatusTests
{
    private const string Answer =
        """
        {"keys":[{"key":"nodes/n1","size":12345,"revision":2,"updated":"2030-01-01T11:59:15Z"},
        {"key":"join\u001b_token","size":3,"revision":1,"updated":"2030-01-01T09:55:00Z"}],
        "id":"d1","name":"prod","namespace":null,"created":"2030-01-01T09:00:00Z","updated":"2030-01-01T11:59:15Z",
        "deployment_expires":"2030-01-05T12:00:00Z",
        "revision":17,"state":"active","reason":null,
        "waiting":[{"key":"mastr_token","since":"2030-01-01T11:50:00Z","client":"10.0.0.1 w1"},
        {"prefix":"nodes/","count":3,"since":"2030-01-01T11:47:57Z","client":"10.0.0.9 m"},
        {"key":"mastr_token","since":"2030-01-01T11:51:00Z","client":"10.0.0.2 w2"}],
        "hints":["2 wait for `mastr_token`; the nearest existing key is `master_token`"]}
        """;

    [Fact]
    public async Task Status_Active_IsATableWithoutValues()
    {
        await using var server = await StartAsync(AtNoon(Answer));

        var run = await CliRun.RunAsync(server, "status");

        Assert.Equal(
            """
            d1  prod  active  created 3h00m ago  expires in 4d00h  revision 17

            2 keys
              AGE          SIZE  KEY
              2h05m         3 B  join\u{1b}_token
              45s       12.3 KB  nodes/n1

            3 waiting
              3 of nodes/*: 1, the longest for 12m03s: 10.0.0.9 m
              mastr_token: 2, the longest for 10m00s: 10.0.0.1 w1, 10.0.0.2 w2

            hints
              2 wait for `mastr_token`; the nearest existing key is `master_token`

            """,
            run.Text);
        Assert.Equal((0, ""), (run.ExitCode, run.Errors));
        Assert.Equal("/store/d1?values=false&security=true&waits=ended", Assert.Single(server.Requests).Target);
    }

    [Fact]
    public async Task Status_WaitsThatTimedOut_AreListedUntilTheirKeyExists()
    {
        static string Wait(string subject, string since, string ended, string result = "timed_out") => string.Concat(
            "{", subject, ",\"since\":\"2030-01-01T", since, "Z\",\"ended\":\"2030-01-01T", ended, "Z\",\"result\":\"",
            result, "\",\"client\":\"10.0.0.1 w1\"}");
        string[] ended =
        [
            Wait("\"key\":\"join_token\"", "11:30:00", "11:50:00"),
            Wait("\"key\":\"join_token\"", "11:20:00", "11:40:00"),
            Wait("\"prefix\":\"nodes/\",\"count\":3", "11:20:00", "11:40:00"),
            Wait("\"prefix\":\"db/\",\"count\":2", "11:20:00", "11:40:00"),
            Wait("\"key\":\"met\"", "11:20:00", "11:40:00", "met"),
            Wait("\"key\":\"there\"", "11:20:00", "11:40:00"),
            Wait("\"key\":\"old\"", "09:20:00", "09:40:00"),
        ];
        await using var server = await StartAsync(AtNoon(
            $$"""
            {"keys":[{"key":"there","size":1,"updated":"2030-01-01T11:00:00Z"},{"key":"nodes/1","size":1},
            {"key":"db/1","size":1},{"key":"db/2","size":1}],"id":"d1","state":"active","waiting":[],
            "ended":[{{string.Join(',', ended)}}]}
            """));

        var run = await CliRun.RunAsync(server, "status");

        Assert.EndsWith(
            """
            waits that timed out
              join_token: 2 timed out, most recently 10m00s ago after waiting 20m00s (10.0.0.1 w1)
              3 of nodes/*: 1 timed out, most recently 20m00s ago after waiting 20m00s (10.0.0.1 w1)

            """,
            run.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Status_OldServer_ShowsWhatItReports()
    {
        await using var server = await StartAsync(AtNoon("""{"deployment":{"b":"é","a":""}}"""));

        var run = await CliRun.RunAsync(server, "status");

        Assert.Equal(
            "d1\n\n2 keys\n  AGE          SIZE  KEY\n  -             0 B  a\n  -             2 B  b\n", run.Text);
    }

    [Fact]
    public async Task Status_ManyKeysAndClients_AreTruncatedWithoutAll()
    {
        var keys = string.Join(
            ',',
            Enumerable.Range(100, 170).Select(
                number => $$"""{"key":"k{{number}}","size":1,"updated":"2030-01-01T11:00:00Z"}"""));
        var waits = string.Join(
            ',',
            Enumerable.Range(1, 8).Select(
                number => $$"""{"key":"k","since":"2030-01-01T11:0{{number}}:00Z","client":"w{{number}}"}"""));
        await using var server = await StartAsync(AtNoon($$"""{"id":"d1","keys":[{{keys}}],"waiting":[{{waits}}]}"""));

        var run = await CliRun.RunAsync(server, "status");
        var all = await CliRun.RunAsync(server, "status", "--all");

        Assert.Contains("  k149\n  ... and 120 more; --all shows them\n", run.Text, StringComparison.Ordinal);
        Assert.Contains(
            "  k: 8, the longest for 59m00s: w1, w2, w3, w4, w5, and 3 more\n", run.Text, StringComparison.Ordinal);
        Assert.Contains("  k269\n\n", all.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Status_Json_PrintsTheResponse()
    {
        await using var server = await StartAsync(AtNoon(Answer));

        var run = await CliRun.RunAsync(server, "status", "--json");

        Assert.Equal((0, Answer + "\n"), (run.ExitCode, run.Text));
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("<html>")]
    [InlineData("""{"version":"1","message":"ok"}""")]
    public async Task Status_InvalidResponse_IsAnError(string answer)
    {
        await using var server = await StartAsync(Json(answer));

        var run = await CliRun.RunAsync(server, "status");

        Assert.Equal((1, ""), (run.ExitCode, run.Text));
        Assert.Contains("GOT_URL", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Watch_NothingChanges_PrintsOnceUntilTheDeploymentIsGone()
    {
        await using var server = await StartAsync(AtNoon(Answer), AtNoon(Answer), Problem(410, "deleted"));

        var run = await CliRun.RunAsync(server, "status", "--watch", "--json");

        Assert.Equal((5, Answer + "\n"), (run.ExitCode, run.Text));
        Assert.Equal(3, server.Requests.Count);
    }

    [Fact]
    public async Task Watch_OnATerminal_RedrawsTheScreen()
    {
        await using var server = await StartAsync(AtNoon(Answer), AtNoon(Answer), Problem(410, "deleted"));

        var run = await CliRun.RunAsync(
            ["status", "--watch", "--json"], CliRun.VariablesFor(server.Url), terminal: true);

        const string Clear = "\u001b[H\u001b[2J\u001b[3J";
        Assert.Equal($"{Clear}{Answer}\n{Clear}{Answer}\n", run.Text);
    }

    private static RequestDelegate AtNoon(string answer) => context =>
    {
        context.Response.Headers.Date = "Tue, 01 Jan 2030 12:00:00 GMT";
        return Json(answer)(context);
    };
}
