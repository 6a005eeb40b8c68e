using System.Text.Json;
using static Goterra.Tests.Support.ScriptedServer;

namespace Goterra.Tests.EndToEnd.Cli;

/// <summary>Commands for the deployments and namespaces of a user.</summary>
[Trait("Category", "EndToEnd")]
public sealed class OwnerTests
{
    private const string First =
        """{"deployments":[{"id":"d2","name":"my\tlab","namespace":"team","state":"active","""
        + "\"created\":\"2030-01-02T00:00:00Z\",\"deployment_expires\":null,\"keys\":3}],\"next\":\"c/1\"}";

    private const string Last =
        """{"deployments":[{"id":"d1","name":null,"namespace":null,"state":"failed","created":"2030-01-01T00:00:00Z","""
        + "\"deployment_expires\":\"2030-01-05T00:00:00Z\",\"keys\":0}],\"next\":null}";

    [Fact]
    public async Task Deployments_SeveralPages_AreOneList()
    {
        await using var server = await StartAsync(Json(First), Json(Last));

        var run = await CliRun.RunAsync(["deployments"], WithKey(server));

        Assert.Equal(
            (
                0,
                "d2\tactive\t3\t2030-01-02T00:00:00Z\t-\tteam\tmy\\u{9}lab\n"
                + "d1\tfailed\t0\t2030-01-01T00:00:00Z\t2030-01-05T00:00:00Z\t-\t-\n",
                ""),
            (run.ExitCode, run.Text, run.Errors));
        Assert.Equal(
            ["/store/-/deployments", "/store/-/deployments?after=c%2F1"],
            server.Requests.Select(request => request.Target));
        Assert.All(
            server.Requests,
            request =>
                Assert.Equal(("key-of-me", null), (request.Header("X-API-Key"), request.Header("Authorization"))));
    }

    [Fact]
    public async Task Deployments_Json_IsOneObjectOfAllPages()
    {
        await using var server = await StartAsync(Json(First), Json(Last));

        var run = await CliRun.RunAsync(["deployments", "--json", "--ns", "team"], WithKey(server));

        var json = JsonDocument.Parse(run.Text).RootElement;
        Assert.Equal(
            ["d2", "d1"],
            json.GetProperty("deployments").EnumerateArray().Select(
                deployment => deployment.GetProperty("id").GetString()));
        Assert.StartsWith("/store/-/namespaces/team", server.Requests.First().Target, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Deployments_All_PrintsOwnerTimeLeftAndWaits()
    {
        var time = new SkippingTime();
        var now = time.GetUtcNow();
        await using var server = await StartAsync(Json(Overview(now)));

        var run = await CliRun.RunAsync(["deployments", "--all"], WithKey(server), time: time);

        Assert.Equal((0, ""), (run.ExitCode, run.Errors));
        Assert.Equal(
            ["alice\t2h00m\t3\t20m00s", "anonymous\t-\t1\t1m00s", "anonymous\t-\t0\t-"],
            run.Text.Split('\n').SkipLast(1).Select(line => string.Join('\t', line.Split('\t').Skip(7))));
        Assert.Equal("/store/-/deployments?all=true", Assert.Single(server.Requests).Target);
    }

    [Theory]
    [InlineData("--stuck=10m", "d1")]
    [InlineData("--stuck=30s", "d1 d2")]
    [InlineData("--failed", "d3")]
    public async Task Deployments_Filtered_PrintsThoseOnly(string option, string ids)
    {
        var time = new SkippingTime();
        await using var server = await StartAsync(Json(Overview(time.GetUtcNow())));

        var run = await CliRun.RunAsync(["deployments", "--all", option], WithKey(server), time: time);

        Assert.Equal(
            ids, string.Join(' ', run.Text.Split('\n').SkipLast(1).Select(line => line.Split('\t')[0])));
    }

    [Theory]
    [InlineData("--all", "--ns=team")]
    [InlineData("--stuck=10")]
    public async Task Deployments_OptionsThatMakeNoSense_AreAUsageError(params string[] options)
    {
        await using var server = await StartAsync(Json(First));

        Assert.Equal(2, (await CliRun.RunAsync(["deployments", .. options], WithKey(server))).ExitCode);
    }

    [Fact]
    public async Task Deployments_SecondPageRefused_PrintsNothing()
    {
        await using var server = await StartAsync(Json(First), Problem(401, "unknown key"));

        var run = await CliRun.RunAsync(["deployments"], WithKey(server));

        Assert.Equal((4, ""), (run.ExitCode, run.Text));
    }

    [Fact]
    public async Task Namespaces_Plain_PrintsNameAndRole()
    {
        await using var server = await StartAsync(
            Json("""{"namespaces":[{"name":"a","role":"owner"},{"name":"b","role":"member"}]}"""));

        var run = await CliRun.RunAsync(["namespaces"], WithKey(server));

        Assert.Equal((0, "a\towner\nb\tmember\n"), (run.ExitCode, run.Text));
        Assert.Equal("/store/-/namespaces", Assert.Single(server.Requests).Target);
    }

    [Theory]
    [InlineData("token")]
    [InlineData("revoke")]
    public async Task Namespace_Token_IsPrinted(string command)
    {
        await using var server = await StartAsync(
            Json("""{"url":"u","namespace":"team","token":"ns.token","expires":"2030-01-01T00:00:00Z"}"""));

        var run = await CliRun.RunAsync(["namespace", command, "team"], WithKey(server));

        Assert.Equal((0, "ns.token\n", ""), (run.ExitCode, run.Text, run.Errors));
        var request = Assert.Single(server.Requests);
        Assert.Equal(
            ("POST", $"/store/-/namespaces/team/{command}", "key-of-me"),
            (request.Method, request.Target, request.Header("X-API-Key")));
    }

    [Theory]
    [InlineData("deployments")]
    [InlineData("namespaces")]
    [InlineData("namespace token team")]
    public async Task Run_ApiKeyMissing_IsAUsageError(string line)
    {
        await using var server = await StartAsync(Json(First));

        var run = await CliRun.RunAsync(server, line.Split(' '));

        Assert.Equal((2, "goterra-cli: this command needs an API key: set GOT_APIKEY\n"), (run.ExitCode, run.Errors));
    }

    [Fact]
    public async Task Get_NoTokenButAnApiKey_SendsTheKey()
    {
        await using var server = await StartAsync(Raw("v"));
        var variables = WithKey(server);
        variables["GOT_DEPLOYMENT"] = "d1";

        var run = await CliRun.RunAsync(["get", "k"], variables);

        Assert.Equal(0, run.ExitCode);
        var request = Assert.Single(server.Requests);
        Assert.Equal(("key-of-me", null), (request.Header("X-API-Key"), request.Header("Authorization")));
    }

    private static string Overview(DateTimeOffset now) => $$"""
        {"deployments":[
        {"id":"d1","state":"active","created":"x","deployment_expires":"{{now.AddHours(2):O}}","keys":3,
        "owner":"alice","waiting":3,"waiting_since":"{{now.AddMinutes(-20):O}}"},
        {"id":"d2","state":"active","created":"x","deployment_expires":null,"keys":3,
        "owner":"anonymous","waiting":1,"waiting_since":"{{now.AddMinutes(-1):O}}"},
        {"id":"d3","state":"failed","created":"x","deployment_expires":null,"keys":3,
        "owner":"anonymous","waiting":0,"waiting_since":null}],"next":null}
        """;

    private static Dictionary<string, string> WithKey(ScriptedServer server) =>
        new() { ["GOT_URL"] = server.Url, ["GOT_APIKEY"] = "key-of-me" };
}
