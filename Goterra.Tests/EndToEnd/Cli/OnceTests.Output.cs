using System.Text;

namespace Goterra.Tests.EndToEnd.Cli;

[Trait("Category", "EndToEnd")]
public sealed partial class OnceTests
{
    [Fact]
    public async Task Once_OutputLongerThanTheLimit_IsOnlyPrintedWhereItRan()
    {
        await using var server = await RunningServer.StartAsync(
            new Dictionary<string, string?> { ["GOT_LIMITS_VALUE_BYTES"] = "1000" });
        var deployment = await server.CreateAsync();

        var ran = await RunAsync(deployment, [], "init", "head -c 2000 /dev/zero | tr '\\0' x");
        var later = await RunAsync(deployment, [], "init", "echo never");

        Assert.Equal((0, 2000), (ran.ExitCode, ran.Output.Length));
        Assert.Contains(
            "the output (2000 bytes) is too long to be stored", ran.Errors, StringComparison.Ordinal);
        Assert.Equal((1, ""), (later.ExitCode, later.Text));
        Assert.Contains(
            "with exit code 0, but its output (2000 bytes) was too long", later.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Once_HugeOutput_IsPassedThrough()
    {
        var deployment = await fixture.Server.CreateAsync();

        var ran = await RunAsync(deployment, [], "init", "head -c 11000000 /dev/zero | tr '\\0' x; printf END");
        var later = await RunAsync(deployment, [], "init", "echo never");

        Assert.Equal(
            (0, 11_000_003, "xEND"), (ran.ExitCode, ran.Output.Length, Encoding.ASCII.GetString(ran.Output[^4..])));
        Assert.Equal((1, ""), (later.ExitCode, later.Text));
    }
}
