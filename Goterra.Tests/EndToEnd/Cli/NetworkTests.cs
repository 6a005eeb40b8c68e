using System.Net;
using System.Security.Cryptography;
using static Goterra.Tests.Support.TestCommand;

namespace Goterra.Tests.EndToEnd.Cli;

/// <summary>Slow, lossy and doubly addressed networks.</summary>
[Trait("Category", "EndToEnd")]
public sealed class NetworkTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    /// <summary>Bytes per second: <see cref="Large"/> takes longer than the time-out of the command.</summary>
    private const int SlowSpeed = 100_000;

    private static readonly byte[] Large = RandomNumberGenerator.GetBytes(700_000);

    [Fact]
    public async Task Get_OneAddressSwallowsPackets_UsesTheOther()
    {
        var deployment = await fixture.Server.CreateAsync();
        await deployment.PutAsync("k", "v");
        using var hole = new BlackHole(deployment.Server.Port);

        var run = await CliRun.RunAsync(
            ["get", "k", "--timeout", "9s"], TwoAddresses(deployment), BlackHole.Address, IPAddress.Loopback);

        Assert.Equal((0, "v\n", ""), (run.ExitCode, run.Text, run.Errors));
    }

    [Fact]
    public async Task Get_OneAddressRefuses_UsesTheOther()
    {
        var deployment = await fixture.Server.CreateAsync();
        await deployment.PutAsync("k", "v");

        var run = await CliRun.RunAsync(
            ["get", "k"], TwoAddresses(deployment), BlackHole.Address, IPAddress.IPv6Loopback, IPAddress.Loopback);

        Assert.Equal((0, "v\n", ""), (run.ExitCode, run.Text, run.Errors));
    }

    [Fact]
    public async Task Get_NoAddressAnswers_SaysWhy()
    {
        var deployment = await fixture.Server.CreateAsync();

        var run = await CliRun.RunAsync(
            ["get", "k", "--timeout", "1s"], TwoAddresses(deployment), BlackHole.Address, BlackHole.Address);

        Assert.Equal(7, run.ExitCode);
        Assert.Contains("Connection refused", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Doctor_SeveralAddresses_ReportsEach()
    {
        var deployment = await fixture.Server.CreateAsync();

        var run = await CliRun.RunAsync(
            ["doctor"], TwoAddresses(deployment), BlackHole.Address, IPAddress.Loopback);

        Assert.Equal(0, run.ExitCode);
        Assert.Matches("(?m)^warn  tcp: 127.0.0.66 port [0-9]+: Connection refused", run.Text);
        Assert.Matches("(?m)^ok    tcp: connected to 127.0.0.1 port [0-9]+ in ", run.Text);
    }

    [Fact]
    public async Task Elect_NatForgetsTheConnection_KeepsTheLease()
    {
        var deployment = await fixture.Server.CreateAsync();
        await using var relay = new TcpRelay(deployment.Server.Port);
        using var leader = CliProcess.Start(["elect", "leader", "--ttl", "9s"], Variables(Behind(relay, deployment)));
        await leader.SaysAsync("leader\n$");
        var connections = relay.Accepted;

        relay.ForgetConnections();
        await Eventually.Async(() => Task.FromResult(relay.Accepted > connections));
        var expiry = await ExpiryAsync(deployment);
        await Eventually.Async(async () => await ExpiryAsync(deployment) > expiry);

        Signal("TERM", leader.Id);
        var end = await leader.WaitAsync();
        Assert.Equal((143, "leader\n"), (end.ExitCode, end.Text));
    }

    [Fact]
    public async Task Put_SlowLink_TakesAsLongAsItNeeds()
    {
        var deployment = await fixture.Server.CreateAsync();
        await using var relay = new TcpRelay(deployment.Server.Port, SlowSpeed);

        var run = await CliRun.RunAsync(
            ["put", "--timeout", "4s", "k", "-"], Variables(Behind(relay, deployment)), Large, TimeProvider.System);

        Assert.Equal((0, ""), (run.ExitCode, run.Errors));
        Assert.Equal(Large, (await deployment.GetAsync("k?raw")).Bytes);
    }

    [Fact]
    public async Task Get_SlowLink_TakesAsLongAsItNeeds()
    {
        var deployment = await fixture.Server.CreateAsync();
        await deployment.PutAsync("k", Large);
        await using var relay = new TcpRelay(deployment.Server.Port, SlowSpeed);

        var run = await CliRun.RunAsync(
            ["get", "-n", "--timeout", "4s", "k"], Variables(Behind(relay, deployment)), time: TimeProvider.System);

        Assert.Equal((0, ""), (run.ExitCode, run.Errors));
        Assert.Equal(Large, run.Output);
    }

    private static TestDeployment Behind(TcpRelay relay, TestDeployment deployment) =>
        new(relay.Url, deployment.Id, deployment.Token);

    private static Dictionary<string, string> TwoAddresses(TestDeployment deployment) =>
        Variables(new TestDeployment(
            new Uri($"http://two.example.org:{deployment.Server.Port}"), deployment.Id, deployment.Token));

    private static async Task<DateTime> ExpiryAsync(TestDeployment deployment) =>
        (await deployment.GetAsync("leader")).Json.GetProperty("expires").GetDateTime();
}
