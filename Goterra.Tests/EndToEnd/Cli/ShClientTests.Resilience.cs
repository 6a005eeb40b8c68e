namespace Goterra.Tests.EndToEnd.Cli;

[Trait("Category", "EndToEnd")]
public sealed partial class ShClientTests
{
    [TheoryWith("dash", "busybox", "curl", "wget")]
    [MemberData(nameof(ShClient.Machines), MemberType = typeof(ShClient))]
    public async Task Get_TruncatedResponse_PrintsNothingOfIt(string shell, string tool)
    {
        const string whole = "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nETag: "
            + ScriptedServer.ETag + "\r\nContent-Length: 6\r\nConnection: close\r\n\r\nwhole!";
        await using var server = new RawServer(whole.Replace("le!", "", StringComparison.Ordinal), whole);

        var (exit, output, errors) = await _client.RunAsync(
            shell, tool, new TestDeployment(new Uri(server.Url), "id", "token"), "get", "k");

        Assert.Equal((0, "whole!\n"), (exit, output));
        Assert.Contains("retrying", errors, StringComparison.Ordinal);
    }

    [TheoryWith("dash", "busybox", "curl", "wget")]
    [MemberData(nameof(ShClient.Machines), MemberType = typeof(ShClient))]
    public async Task Get_ServerRestarts_PrintsTheValue(string shell, string tool)
    {
        using var data = new TempFolder();
        var first = await RunningServer.StartAsync(folder: data);
        var deployment = await first.CreateAsync();
        var got = _client.RunAsync(shell, tool, deployment, "get", "k");
        await first.WaitersAsync(1);
        await first.DisposeAsync();

        await using var second = await RunningServer.StartAsync(
            new Dictionary<string, string?> { ["GOT_WEB_PORT"] = $"{deployment.Server.Port}" }, data);
        await second.Open(deployment.Id, deployment.Token).PutAsync("k", "v");

        Assert.Equal((0, "v\n"), await got is var run ? (run.Exit, run.Output) : default);
    }

    [TheoryWith("dash", "busybox", "curl", "wget")]
    [MemberData(nameof(ShClient.Machines), MemberType = typeof(ShClient))]
    public async Task Get_WhileItWaits_TokenIsInNoProcessArgument(string shell, string tool)
    {
        var deployment = await _fixture.Server.CreateAsync();
        var got = _client.RunAsync(shell, tool, deployment, "get", "later");
        await Eventually.Async(async () =>
            (await deployment.GetAsync("?values=false")).Json.GetProperty("waiting").GetArrayLength() > 0);

        var options = new EnumerationOptions
        {
            RecurseSubdirectories = true,
            MaxRecursionDepth = 1,
            IgnoreInaccessible = true,
        };
        var arguments = Directory.GetFiles("/proc", "cmdline", options).Select(ReadIfThere).ToList();
        await deployment.PutAsync("later", "here");

        Assert.Contains(arguments, line => line.Contains(deployment.Id, StringComparison.Ordinal));
        Assert.DoesNotContain(arguments, line => line.Contains(deployment.Token, StringComparison.Ordinal));
        Assert.Equal(0, (await got).Exit);
    }
}
