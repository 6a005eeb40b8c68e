namespace Goterra.Tests.EndToEnd.Cli;

[Trait("Category", "EndToEnd")]
public sealed partial class ShClientTests
{
    [TheoryWith("dash", "busybox", "curl", "wget")]
    [MemberData(nameof(ShClient.Machines), MemberType = typeof(ShClient))]
    public async Task Put_Trim_SendsTheLastBytesOfAFile(string shell, string tool)
    {
        var deployment = await _fixture.Server.CreateAsync();
        await File.WriteAllTextAsync(_folder.File("log"), "0123456789");
        _client.More["GOT_TRIM"] = "4";

        Assert.Equal(
            (0, "", ""), await _client.RunAsync(shell, tool, deployment, "put", "log", "@" + _folder.File("log")));
        Assert.Equal((0, "", ""), await _client.RunAsync(shell, tool, deployment, "put", "text", "0123456789"));

        Assert.Equal(
            ("6789", "0123456789"),
            ((await deployment.GetAsync("log?raw")).Text, (await deployment.GetAsync("text?raw")).Text));
    }

    [TheoryWith("dash", "busybox", "curl", "wget")]
    [MemberData(nameof(ShClient.Machines), MemberType = typeof(ShClient))]
    public async Task Put_StoreFull_IsRetriedUntilTheDeadline(string shell, string tool)
    {
        await using var server = await ScriptedServer.StartAsync(
            ScriptedServer.Problem(507, "the store is full"), ScriptedServer.Done);
        await using var full = await ScriptedServer.StartAsync(ScriptedServer.Problem(507, "the store is full"));

        var (exit, output, errors) = await _client.RunAsync(
            shell, tool, new TestDeployment(new Uri(server.Url), "id", "token"), "put", "k", "v");

        Assert.Equal((0, ""), (exit, output));
        Assert.Contains("the store is full; retrying", errors, StringComparison.Ordinal);
        await _client.AssertEndAsync(
            7,
            "put k: gave up: the store is full",
            shell,
            tool,
            new TestDeployment(new Uri(full.Url), "id", "token"),
            "put",
            "--timeout",
            "1s",
            "k",
            "v");
        Assert.All(full.Requests, request => Assert.Equal("v", request.Text));
    }

    [TheoryWith("dash", "busybox", "curl", "wget")]
    [MemberData(nameof(ShClient.Machines), MemberType = typeof(ShClient))]
    public async Task Put_IdempotencyKeyReused_ExitsWith1(string shell, string tool)
    {
        await using var server = await ScriptedServer.StartAsync(
            ScriptedServer.Problem(422, "already used for a different write"));

        await _client.AssertEndAsync(
            1,
            "put k: already used for a different write",
            shell,
            tool,
            new TestDeployment(new Uri(server.Url), "id", "token"),
            "put",
            "k",
            "v");

        Assert.Single(server.Requests);
    }
}
