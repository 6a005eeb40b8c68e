using static Goterra.Tests.Support.ScriptedServer;

namespace Goterra.Tests.EndToEnd.Cli;

/// <summary>What went wrong comes first.</summary>
public sealed partial class StatusTests
{
    [Fact]
    public async Task Status_TokenThatReadsNoValues_ShowsFailedCommands()
    {
        await using var server = await RunningServer.StartAsync();
        var deployment = await server.CreateAsync();
        await CliProcess.RunAsync(
            ["run", "--name", "db", "--host", "worker-1", "--", "sh", "-c", "exit 3"],
            TestCommand.Variables(deployment));
        await CliProcess.RunAsync(
            ["run", "--name", "web", "--host", "worker-2", "--", "true"], TestCommand.Variables(deployment));
        var token = (await deployment.PostAsync("token", """{"observe":true}""")).Json.GetProperty("token").GetString();

        var run = await CliProcess.RunAsync(
            ["status"], TestCommand.Variables(server.Open(deployment.Id, token ?? "")));

        Assert.Matches(@"failed   db_worker-1: \S+ ago\n  over     web_worker-2: ", run.Text);
        Assert.Contains("0 keys, ", run.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Status_CommandOfRunFailed_ShowsItsLastLineAndFoldsItsKeys()
    {
        const string Keys =
            """
            {"key":"_log_app_db_h1","size":9,"updated":"2030-01-01T11:00:00Z"},
            {"key":"_run_app_db_h1","size":9,"updated":"2030-01-01T11:00:00Z"},
            {"key":"status_app_db_h1","size":6,"updated":"2030-01-01T11:00:00Z"},
            {"key":"ts_end_db_h1","size":1,"updated":"2030-01-01T11:00:00Z"},
            {"key":"ts_start_db_h1","size":1,"updated":"2030-01-01T10:00:00Z"},
            {"key":"ts_start_other","size":1,"updated":"2030-01-01T10:00:00Z"}
            """;
        const string Status = """{"deployment":{"status_app_db_h1":"failed"},"keys":[]}""";
        const string Run = """{\"state\":\"failed\",\"name\":\"db\",\"host\":\"h1\",\"exit_code\":1,\"seconds\":2}""";
        const string Record = $$"""{"deployment":{"_run_app_db_h1":"{{Run}}"},"keys":[]}""";
        await using var server = await StartAsync(
            AtNoon($$"""{"id":"d1","keys":[{{Keys}}]}"""), AtNoon(Status), AtNoon(Record),
            Raw("one\n\u001bno disk\n\n"),
            AtNoon($$"""{"id":"d1","keys":[{{Keys}}]}"""), AtNoon(Status), AtNoon(Record), Raw("no disk"));

        var run = await CliRun.RunAsync(server, "status");
        var all = await CliRun.RunAsync(server, "status", "--all");

        Assert.Equal(
            """
            d1

            1 app
              failed   db on h1: exit code 1 after 2s, 1h00m ago
                       \u{1b}no disk
                       (log: goterra-cli get _log_app_db_h1)

            1 key, 5 keys of apps hidden (--all shows them)
              AGE          SIZE  KEY
              2h00m         1 B  ts_start_other

            """,
            run.Text);
        Assert.Contains("6 keys\n", all.Text, StringComparison.Ordinal);
        Assert.Equal("/store/d1/_log_app_db_h1", server.Requests.ElementAt(3).Target);
    }

    [Fact]
    public async Task Status_Failed_ShowsItFirst()
    {
        await using var server = await StartAsync(AtNoon(
            """{"keys":[],"id":"d1","created":"2030-01-01T09:00:00Z","revision":1,"""
            + "\"state\":\"failed\",\"reason\":\"disk\\nfull\",\"waiting\":[],\"hints\":[]}"));

        var run = await CliRun.RunAsync(server, "status");

        Assert.Equal(
            """
            d1  FAILED  created 3h00m ago  never expires  revision 1
            FAILED: disk\u{a}full

            no keys

            no clients are waiting

            """,
            run.Text);
        Assert.Equal(0, run.ExitCode);
    }

    [Fact]
    public async Task Status_SecurityEvents_ShowMisuseFirst()
    {
        await using var server = await StartAsync(AtNoon(
            """
            {"keys":[],"id":"d1","security":[
            {"type":"ticket_made","time":"2030-01-01T11:00:00Z","name":"w1","address":"10.0.0.1"},
            {"type":"ticket_misused","time":"2030-01-01T10:00:00Z","name":"w\u001b1","address":"10.0.0.66"},
            {"type":"revoked","time":"2030-01-01T11:30:00Z"},{"type":"something_new","time":"2030-01-01T11:45:00Z"}]}
            """));

        var run = await CliRun.RunAsync(server, "status");

        Assert.Equal(
            """
            d1

            no keys

            security
              2h00m    TICKET MISUSED by a second machine: w\u{1b}1, from 10.0.0.66
              15m00s   something_new
              30m00s   all tokens and tickets revoked
              1h00m    ticket made: w1, from 10.0.0.1

            """,
            run.Text);
    }

    [Theory]
    [InlineData(true, "", "\u001b[31mFAILED\u001b[0m: no disk\n")]
    [InlineData(true, "1", "\nFAILED: no disk\n")]
    [InlineData(false, "", "\nFAILED: no disk\n")]
    public async Task Status_Failed_IsRedOnATerminal(bool terminal, string noColor, string text)
    {
        await using var server = await StartAsync(
            AtNoon("""{"id":"d1","keys":[],"state":"failed","reason":"no disk"}"""));
        var variables = CliRun.VariablesFor(server.Url);
        variables["NO_COLOR"] = noColor;

        var run = await CliRun.RunAsync(["status"], variables, terminal: terminal);

        Assert.Contains(text, run.Text, StringComparison.Ordinal);
    }
}
