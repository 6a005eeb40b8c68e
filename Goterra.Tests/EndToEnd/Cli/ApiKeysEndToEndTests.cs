using Goterra.Tests.Api.Access;

namespace Goterra.Tests.EndToEnd.Cli;

/// <summary>
/// Commands of the owner of an API key: client processes against the real server, with users in its configuration.
/// </summary>
[Trait("Category", "EndToEnd")]
public sealed class ApiKeysEndToEndTests(WhoMayTests.Installation installation)
    : IClassFixture<WhoMayTests.Installation>
{
    [Fact]
    public async Task Get_ApiKeyOfTheCreator_NeedsNoToken()
    {
        var id = await CreateAsync("carol");
        var carol = User("carol", id);

        Assert.Equal((0, ""), await OutcomeAsync(carol, "put", "k", "v"));
        Assert.Equal((0, "v\n"), await OutcomeAsync(carol, "get", "k"));
        Assert.Contains(id, (await OutcomeAsync(carol, "deployments")).Text, StringComparison.Ordinal);
        Assert.Equal(4, (await OutcomeAsync(User("dave", id), "get", "k")).ExitCode);
        Assert.Equal((0, ""), await OutcomeAsync(carol, "delete"));
        Assert.Equal(5, (await OutcomeAsync(carol, "get", "k")).ExitCode);
        Assert.Equal(4, (await OutcomeAsync(User("dave", id), "get", "k")).ExitCode);
    }

    [Fact]
    public async Task Get_UnknownApiKey_ExitsWith4InAllCommands()
    {
        var id = await CreateAsync("carol");
        var unknown = User("nobody", id);

        string[][] commands =
            [["create"], ["deployments"], ["namespaces"], ["get", "k"], ["renew"], ["namespace", "token", "team"]];
        foreach (var command in commands)
        {
            var run = await CliProcess.RunAsync(command, unknown);
            Assert.Equal((4, ""), (run.ExitCode, run.Text));
            Assert.Contains("API key", run.Errors, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task NamespaceToken_LaterDeployments_AreAccessibleUntilRevoked()
    {
        var olga = User("olga");
        var token = await OutcomeAsync(olga, "namespace", "token", "team");
        Assert.Equal(0, token.ExitCode);
        var id = await CreateAsync("carol", "--ns", "team");
        var another = await CreateAsync("frank");
        var machine = new Dictionary<string, string>
        {
            ["GOT_URL"] = olga["GOT_URL"],
            ["GOT_DEPLOYMENT"] = id,
            ["GOT_TOKEN"] = token.Text.Trim(),
        };

        Assert.Equal((0, ""), await OutcomeAsync(machine, "put", "k", "v"));
        Assert.Equal(4, (await OutcomeAsync(new(machine) { ["GOT_DEPLOYMENT"] = another }, "put", "k", "v")).ExitCode);
        Assert.Contains(id, (await OutcomeAsync(olga, "deployments", "--ns", "team")).Text, StringComparison.Ordinal);
        Assert.Equal(4, (await OutcomeAsync(User("carol"), "namespace", "token", "team")).ExitCode);
        Assert.Contains("team\towner\n", (await OutcomeAsync(olga, "namespaces")).Text, StringComparison.Ordinal);

        var renewed = await OutcomeAsync(olga, "namespace", "revoke", "team");

        Assert.Equal(0, renewed.ExitCode);
        Assert.Equal(4, (await OutcomeAsync(machine, "get", "k")).ExitCode);
        Assert.Equal((0, "v\n"), await OutcomeAsync(new(olga) { ["GOT_DEPLOYMENT"] = id }, "get", "k"));
    }

    [Fact]
    public async Task Renew_WithTheApiKey_WorksWhenTheTokenIsRevoked()
    {
        var id = await CreateAsync("carol");
        var old = await OutcomeAsync(User("carol", id), "token");
        Assert.Equal(0, (await OutcomeAsync(User("root", id), "revoke")).ExitCode);
        var carol = new Dictionary<string, string>(User("carol", id)) { ["GOT_TOKEN"] = old.Text.Trim() };

        Assert.Equal(4, (await OutcomeAsync(carol, "renew")).ExitCode);
        var renewed = await OutcomeAsync(carol, "renew", "--apikey");

        Assert.Equal(0, renewed.ExitCode);
        Assert.Equal((0, ""), await OutcomeAsync(new(carol) { ["GOT_TOKEN"] = renewed.Text.Trim() }, "put", "k", "v"));
    }

    private async Task<string> CreateAsync(string user, params string[] more)
    {
        var created = await CliProcess.RunAsync(["create", .. more], User(user));
        Assert.Equal((0, ""), (created.ExitCode, created.Errors));
        return created.Text.Split('\n').Single(line => line.StartsWith("id=", StringComparison.Ordinal))[3..];
    }

    private Dictionary<string, string> User(string name, string id = "") => new()
    {
        ["GOT_URL"] = installation.Server.Address.ToString(),
        ["GOT_DEPLOYMENT"] = id,
        ["GOT_APIKEY"] = WhoMayTests.Installation.KeyOf(name),
    };

    private static async Task<(int ExitCode, string Text)> OutcomeAsync(
        Dictionary<string, string> variables, params string[] args)
    {
        var run = await CliProcess.RunAsync(args, variables);
        return (run.ExitCode, run.Text);
    }
}
