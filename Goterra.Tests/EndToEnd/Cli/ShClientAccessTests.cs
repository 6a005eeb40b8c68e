using System.Runtime.Versioning;

namespace Goterra.Tests.EndToEnd.Cli;

/// <summary>goterra.sh with tickets and fences.</summary>
[UnsupportedOSPlatform("windows")]
[Trait("Category", "EndToEnd")]
public sealed class ShClientAccessTests : IClassFixture<ServerFixture>, IDisposable
{
    private readonly ServerFixture _fixture;
    private readonly TempFolder _folder = new();
    private readonly ShClient _client;

    public ShClientAccessTests(ServerFixture fixture) => (_fixture, _client) = (fixture, new ShClient(_folder));

    public void Dispose() => _folder.Dispose();

    [TheoryWith("dash", "busybox", "curl", "wget")]
    [MemberData(nameof(ShClient.Machines), MemberType = typeof(ShClient))]
    public async Task Put_Fence_SucceedsOnlyWhileTheLeaseIsHeld(string shell, string tool)
    {
        var deployment = await _fixture.Server.CreateAsync();
        var lease = await deployment.PutAsync("leader?ttl=1h", "m1", ("If-None-Match", "*"));
        _client.More["GOT_FENCE"] = $"leader {lease.ETag}";
        Assert.Equal((0, "", ""), await _client.RunAsync(shell, tool, deployment, "put", "address", "10.0.0.2"));

        _client.More["GOT_FENCE"] = "leader \"1.someoneelse\"";
        await _client.AssertEndAsync(8, "lease", shell, tool, deployment, "put", "address", "10.0.0.66");
        _client.More["GOT_FENCE"] = "leader";
        await _client.AssertEndAsync(2, "GOT_FENCE must be", shell, tool, deployment, "put", "address", "10.0.0.66");
        Assert.Equal("10.0.0.2", (await deployment.GetAsync("address?raw")).Text);
    }

    [TheoryWith("dash", "busybox", "curl", "wget")]
    [MemberData(nameof(ShClient.Machines), MemberType = typeof(ShClient))]
    public async Task Redeem_Ticket_HappensOnceAndStoresTheToken(string shell, string tool)
    {
        var (machine, ticket) = await MachineWithTicketAsync();

        Assert.Equal((0, "v\n", ""), await _client.RunAsync(shell, tool, machine, "get", "k"));
        Assert.Equal((0, "v\n", ""), await _client.RunAsync(shell, tool, machine, "get", "k"));

        // goterra-cli is the same machine.
        var program = await CliProcess.RunAsync(["get", "k"], new Dictionary<string, string>
        {
            ["GOT_URL"] = machine.Server.ToString(),
            ["GOT_TICKET"] = ticket,
            ["GOT_STATE_DIR"] = _client.State,
        });
        Assert.Equal((0, "v\n", ""), (program.ExitCode, program.Text, program.Errors));

        Directory.Move(_client.State, _folder.File("of-another-machine"));
        var second = await _client.RunAsync(shell, tool, machine, "get", "k");
        Assert.Equal((4, ""), (second.Exit, second.Output));
        Assert.DoesNotContain(ticket, second.Errors, StringComparison.Ordinal);

        foreach (var file in Directory.EnumerateFiles(_folder.File("of-another-machine")))
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
    }

    [TheoryWith("dash", "busybox", "curl", "wget")]
    [MemberData(nameof(ShClient.Machines), MemberType = typeof(ShClient))]
    public async Task Redeem_TokenRevoked_HappensAgainAtTheNextCall(string shell, string tool)
    {
        var (machine, _) = await MachineWithTicketAsync();
        Assert.Equal((0, "v\n", ""), await _client.RunAsync(shell, tool, machine, "get", "k"));
        var kept = Directory.EnumerateFiles(_client.State, "token-*").Single();
        await File.WriteAllTextAsync(kept, """{"token":"no.longer.good"}""");

        await _client.AssertEndAsync(4, "not authorized", shell, tool, machine, "get", "k");
        Assert.Equal((0, "v\n", ""), await _client.RunAsync(shell, tool, machine, "get", "k"));
    }

    /// <summary>In a deployment where the value of `k` is `v`.</summary>
    private async Task<(TestDeployment Machine, string Ticket)> MachineWithTicketAsync()
    {
        var deployment = await _fixture.Server.CreateAsync();
        await deployment.PutAsync("k", "v");
        var ticket = (
            await deployment.PostAsync("tickets", """{"full":true}""")).Json.GetProperty("ticket").GetString()!;
        _client.More["GOT_TICKET"] = ticket;
        return (_fixture.Server.Open("", ""), ticket);
    }
}
