namespace Goterra.Tests.EndToEnd.Cli;

/// <summary>Tokens and tickets: client processes against the real server.</summary>
[Trait("Category", "EndToEnd")]
public sealed class AccessEndToEndTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    [Fact]
    public async Task Redeem_SameMachineAfterRestart_GetsItsTokenAndOthersDoNot()
    {
        using var folder = new TempFolder();
        var (_, owner) = await CreateAsync();
        await CliProcess.RunAsync(["put", "join_token", "K10"], owner);
        var ticket = await CliProcess.RunAsync(
            ["ticket", "create", "--name", "worker-1", "--read", "join_token", "--write", "nodes/*"], owner);
        Assert.Equal((0, ""), (ticket.ExitCode, ticket.Errors));
        var (here, elsewhere) = (Machine(ticket, folder, "here"), Machine(ticket, folder, "elsewhere"));

        Assert.Equal((0, "K10\n"), await OutcomeAsync(here, "get", "join_token"));
        Assert.Equal((0, ""), await OutcomeAsync(here, "put", "nodes/w1", "up"));
        Assert.Equal((4, ""), await OutcomeAsync(here, "put", "join_token", "mine"));
        Assert.Equal((4, ""), await OutcomeAsync(elsewhere, "get", "join_token"));
        foreach (var kept in Directory.GetFiles(here["GOT_STATE_DIR"], "token-*"))
            File.Delete(kept);
        Assert.Equal((0, "K10\n"), await OutcomeAsync(here, "get", "join_token"));

        var status = await CliProcess.RunAsync(["status"], owner);
        Assert.Contains(
            "TICKET MISUSED by a second machine: worker-1, from 127.0.0.1", status.Text, StringComparison.Ordinal);
        Assert.True(
            status.Text.IndexOf("TICKET MISUSED", StringComparison.Ordinal) < status.Text.IndexOf(
                "ticket redeemed: worker-1", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Redeem_ConcurrentProcesses_AreOneMachine()
    {
        using var folder = new TempFolder();
        var (_, owner) = await CreateAsync();
        await CliProcess.RunAsync(["put", "k", "v"], owner);
        var machine = Machine(await CliProcess.RunAsync(["ticket", "create", "--full"], owner), folder, "here");

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => OutcomeAsync(machine, "get", "k")));

        Assert.All(outcomes, outcome => Assert.Equal((0, "v\n"), outcome));
    }

    [Fact]
    public async Task Token_Restricted_HasOnlyThatAccess()
    {
        var (deployment, owner) = await CreateAsync();
        await deployment.PutAsync("a/1", "one");
        await deployment.PutAsync("b", "two");
        var token = await CliProcess.RunAsync(["token", "--read", "a/*", "--no-fail", "--ttl", "1h"], owner);
        var narrow = new Dictionary<string, string>(owner) { ["GOT_TOKEN"] = token.Text.Trim() };

        Assert.Equal((0, "one\n"), await OutcomeAsync(narrow, "get", "a/1"));
        Assert.Equal((4, ""), await OutcomeAsync(narrow, "get", "b"));
        Assert.Equal((4, ""), await OutcomeAsync(narrow, "fail", "no"));
        Assert.Contains(
            "restricted, from GOT_TOKEN; ",
            (await CliProcess.RunAsync(["doctor"], narrow)).Text,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task RenewAndRevoke_TokenFile_ReplaceTheToken()
    {
        using var folder = new TempFolder();
        var (_, owner) = await CreateAsync();
        var file = Path.Combine(folder.Path, "token");
        await File.WriteAllTextAsync(file, owner["GOT_TOKEN"]);
        var byFile = new Dictionary<string, string>(owner) { ["GOT_TOKEN"] = "", ["GOT_TOKEN_FILE"] = file };

        Assert.Equal((0, ""), await OutcomeAsync(byFile, "renew"));
        var renewed = await File.ReadAllTextAsync(file);
        Assert.Equal((0, ""), await OutcomeAsync(byFile, "revoke"));

        Assert.NotEqual(owner["GOT_TOKEN"], renewed.Trim());
        Assert.Equal((4, ""), await OutcomeAsync(owner, "list"));
        Assert.Equal((4, ""), await OutcomeAsync(new(owner) { ["GOT_TOKEN"] = renewed.Trim() }, "list"));
        Assert.Equal((0, ""), await OutcomeAsync(byFile, "list"));
    }

    [Fact]
    public async Task TicketListAndRevoke_RealServer_ShowAndEndOne()
    {
        using var folder = new TempFolder();
        var (deployment, owner) = await CreateAsync();
        await deployment.PutAsync("k", "v");
        var ticket = await CliProcess.RunAsync(["ticket", "create", "--name", "worker-1", "--read", "k"], owner);
        var machine = Machine(ticket, folder, "here");
        await CliProcess.RunAsync(["ticket", "create", "--name", "worker-2", "--observe"], owner);
        Assert.Equal((0, "v\n"), await OutcomeAsync(machine, "get", "k"));

        var list = await CliProcess.RunAsync(["ticket", "list"], owner);
        var lines = list.Text.Trim().Split('\n').Select(line => line.Split('\t')).ToList();
        Assert.Equal((0, ""), (list.ExitCode, list.Errors));
        Assert.Equal(["worker-1", "worker-2"], lines.Select(line => line[1]));
        Assert.Matches("^127\\.0\\.0\\.1 .+", lines[0][4]);
        Assert.Equal(("-", "-", "0"), (lines[1][3], lines[1][4], lines[1][5]));
        Assert.Equal((0, ""), await OutcomeAsync(owner, "ticket", "revoke", lines[0][0]));

        Assert.Equal((4, ""), await OutcomeAsync(machine, "get", "k"));
        Assert.Equal((3, ""), await OutcomeAsync(owner, "ticket", "revoke", lines[0][0]));
        Assert.Equal((2, ""), await OutcomeAsync(owner, "ticket", "revoke", "../x"));
        var json = await CliProcess.RunAsync(["ticket", "list", "--json"], owner);
        Assert.Contains("worker-2", json.Text, StringComparison.Ordinal);
        Assert.Contains(
            "ticket revoked: worker-1", (await CliProcess.RunAsync(["status"], owner)).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Token_Observe_ShowsEverythingButValues()
    {
        var (deployment, owner) = await CreateAsync();
        await deployment.PutAsync("k", "CANARY");
        await deployment.PutAsync("status_app_db_h1", "start");
        var token = await CliProcess.RunAsync(["token", "--observe"], owner);
        var observer = new Dictionary<string, string>(owner) { ["GOT_TOKEN"] = token.Text.Trim() };

        var status = await CliProcess.RunAsync(["status"], observer);
        Assert.Equal((0, ""), (status.ExitCode, status.Errors));
        Assert.Contains("start    db_h1", status.Text, StringComparison.Ordinal);
        Assert.Contains("1 key, 1 key of apps hidden", status.Text, StringComparison.Ordinal);
        Assert.StartsWith("k\t6\t", (await OutcomeAsync(observer, "list")).Text, StringComparison.Ordinal);
        Assert.Equal((4, ""), await OutcomeAsync(observer, "get", "k"));
        Assert.Equal((4, ""), await OutcomeAsync(observer, "wait", "--prefix", "k", "--count", "1"));
        Assert.Equal((4, ""), await OutcomeAsync(observer, "exec", "--", "true"));
        Assert.Equal((4, ""), await OutcomeAsync(observer, "put", "k", "x"));
        Assert.Contains(
            "observes only", (await CliProcess.RunAsync(["doctor"], observer)).Text, StringComparison.Ordinal);
        Assert.Equal((2, ""), await OutcomeAsync(owner, "token", "--observe", "--read", "k"));
    }

    [Fact]
    public async Task Doctor_RealServer_ReportsOk()
    {
        var (_, owner) = await CreateAsync();

        var run = await CliProcess.RunAsync(["doctor"], owner);

        Assert.Equal((0, ""), (run.ExitCode, run.Errors));
        Assert.All(
            run.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries),
            line => Assert.StartsWith("ok ", line, StringComparison.Ordinal));
    }

    private async Task<(TestDeployment Deployment, Dictionary<string, string> Owner)> CreateAsync()
    {
        var deployment = await fixture.Server.CreateAsync();
        return (deployment, new Dictionary<string, string>
        {
            ["GOT_URL"] = deployment.Server.ToString(),
            ["GOT_DEPLOYMENT"] = deployment.Id,
            ["GOT_TOKEN"] = deployment.Token,
        });
    }

    private Dictionary<string, string> Machine(CliRun ticket, TempFolder folder, string name) => new()
    {
        ["GOT_URL"] = fixture.Server.Address.ToString(),
        ["GOT_TICKET"] = ticket.Text.Trim(),
        ["GOT_STATE_DIR"] = Path.Combine(folder.Path, name),
    };

    private static async Task<(int ExitCode, string Text)> OutcomeAsync(
        Dictionary<string, string> variables, params string[] args)
    {
        var run = await CliProcess.RunAsync(args, variables);
        return (run.ExitCode, run.Text);
    }
}
