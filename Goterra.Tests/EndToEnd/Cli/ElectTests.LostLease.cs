using static Goterra.Tests.Support.TestCommand;

namespace Goterra.Tests.EndToEnd.Cli;

[Trait("Category", "EndToEnd")]
public sealed partial class ElectTests
{
    [Fact]
    public async Task Elect_LeaseLost_KillsTheCommandAndItsDescendants()
    {
        var deployment = await fixture.Server.CreateAsync();
        using var leader = Start(
            deployment,
            [
                "leader", "--ttl", "6s", "--pass-credentials", "--", "sh", "-c",
                $"trap '' TERM; sh -c '{Shows("grandchild")}; {Waits}' & {Shows("began")}; {Waits}",
            ]);
        var command = await ShownAsync(deployment, "began");
        var grandchild = await ShownAsync(deployment, "grandchild");

        Assert.Equal(200, (await deployment.DeleteAsync("leader", ("If-Match", "*"))).Status);

        Assert.Equal(8, (await leader.WaitAsync()).ExitCode);
        Assert.False(IsAlive(command));
        Assert.False(IsAlive(grandchild));
    }

    [Fact]
    public async Task Elect_LeaseLost_LetsTheCommandShutDown()
    {
        var deployment = await fixture.Server.CreateAsync();
        using var leader = Start(
            deployment,
            [
                "leader", "--ttl", "3s", "--pass-credentials", "--", "sh", "-c",
                $"trap 'echo in order; exit 0' TERM; {Shows("began")}; while :; do sleep 0.05; done",
            ]);
        await ShownAsync(deployment, "began");

        await deployment.DeleteAsync("leader", ("If-Match", "*"));

        var (exitCode, output, _) = await EndAsync(leader);
        Assert.Equal((8, "in order\n"), (exitCode, output));
    }

    [Fact]
    public async Task Elect_LeaseLostWithoutCommand_ExitsWith8()
    {
        var deployment = await fixture.Server.CreateAsync();
        using var leader = Start(deployment, ["leader", "--ttl", "3s"]);
        await leader.SaysAsync("leader\n$");

        await deployment.DeleteAsync("leader", ("If-Match", "*"));

        var (exitCode, output, errors) = await EndAsync(leader);
        Assert.Equal((8, "leader\n"), (exitCode, output));
        Assert.StartsWith("goterra-cli: renew leader: ", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Elect_ServerGone_EndsTheCommandBeforeAnotherCanLead()
    {
        using var folder = new TempFolder();
        await using var server = await ServerProcess.StartAsync(folder);
        var deployment = await server.CreateAsync();
        using var leader = Start(
            deployment,
            ["leader", "--ttl", "3s", "--pass-credentials", "--", "sh", "-c", $"{Shows("began")}; {Waits}"]);
        var command = await ShownAsync(deployment, "began");

        await server.KillAsync();

        var (exitCode, _, errors) = await EndAsync(leader);
        Assert.Equal(8, exitCode);
        Assert.Contains("ending the command", errors, StringComparison.Ordinal);
        Assert.False(IsAlive(command));
    }
}
