namespace Goterra.Tests.EndToEnd.Examples;

/// <summary>
/// The main job from end to end: the script of the examples, with the real client, against the real server.
/// </summary>
[Trait("Category", "EndToEnd")]
public sealed class ClusterExampleTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Cluster_EmbeddedStore_InstallsItself()
    {
        await using var server = await ServerProcess.StartAsync(_folder);

        AssertInstalled(await RunAsync(server.Address.ToString()));
        Assert.DoesNotContain("10.0.0.11", server.Output, StringComparison.Ordinal);
    }

    [FactWith("redis-server")]
    public async Task Cluster_Redis_InstallsItself()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var server = await ServerProcess.StartAsync(
            _folder, [.. RunningServer.On(redis).Select(pair => (pair.Key, pair.Value!))]);

        AssertInstalled(await RunAsync(server.Address.ToString()));
    }

    [Fact]
    public async Task Cluster_NobodyMayCreate_FailsAndSaysWhy()
    {
        await using var server = await ServerProcess.StartAsync(_folder, ("GOT_FEAT_ANONYMOUS", "0"));

        var (exit, output, errors) = await RunAsync(server.Address.ToString());

        Assert.Equal((1, ""), (exit, output));
        Assert.Contains("GOT_FEAT_ANONYMOUS=1", errors, StringComparison.Ordinal);
        Assert.Contains("cluster.sh: the deployment was not created", errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, null, "GOT_URL is not set")]
    [InlineData("http://localhost:1", "/nowhere/goterra-cli", "GOTERRA_CLI")]
    public async Task Cluster_SomethingMissing_FailsAndSaysWhat(string? url, string? client, string says)
    {
        var (exit, output, errors) = await RunAsync(url, client);

        Assert.Equal((1, ""), (exit, output));
        Assert.Contains(says, errors, StringComparison.Ordinal);
    }

    private static void AssertInstalled((int Exit, string Output, string Errors) run)
    {
        Assert.Equal((0, ""), (run.Exit, run.Errors));
        string[] expected =
        [
            "worker1: got the join token, 32 bytes", "worker2: got the join token, 32 bytes",
            "master: worker1 is at 10.0.0.11", "master: worker2 is at 10.0.0.12",
            "operator: both workers have the master's token; these keys are there:",
            "operator: deleted the deployment; a get now ends with exit code 5",
        ];
        Assert.All(expected, line => Assert.Contains(line + "\n", run.Output, StringComparison.Ordinal));
        Assert.Equal(
            ["join_token", "nodes/worker1", "nodes/worker2"],
            run.Output.Split('\n').Where(line => line.Contains('\t')).Select(line => line.Split('\t')[0]));
    }

    private static Task<(int Exit, string Output, string Errors)> RunAsync(string? url, string? client = null) =>
        ExampleScript.RunAsync("cluster.sh", url, client);
}
