using static Goterra.Tests.Support.ScriptedServer;

namespace Goterra.Tests.EndToEnd.Cli;

[Trait("Category", "EndToEnd")]
public sealed partial class DoctorTests
{
    [Fact]
    public async Task Doctor_TokenExpired_Fails()
    {
        await using var server = await StartAsync(Greeting, Listing);

        var run = await RunAsync(server.Url, Token(left: TimeSpan.FromHours(-2.5)));

        Assert.Equal(4, run.ExitCode);
        Assert.Matches("FAIL  token: expired 2h(29|30|31)m ago", run.Text);
        Assert.Contains("renew --apikey", run.Text, StringComparison.Ordinal);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task Doctor_TokenIssuedByWrongClock_SaysSo()
    {
        await using var server = await StartAsync(Greeting, Listing);

        var behind = await RunAsync(
            server.Url, Token(left: TimeSpan.FromDays(-900), issued: TimeSpan.FromDays(-901)));
        Assert.Equal(4, behind.ExitCode);
        Assert.Matches("issued at .*Z by the server's clock: if you got it later, that clock was behind", behind.Text);

        var ahead = await RunAsync(server.Url, Token(left: TimeSpan.FromDays(901), issued: TimeSpan.FromDays(900)));
        Assert.Contains("not yet valid by the server's clock", ahead.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("30m", "ok    token")]
    [InlineData("90m", "warn  token")]
    public async Task Doctor_TokenShorterThanThePlannedWait_Warns(string wait, string head)
    {
        await using var server = await StartAsync(Greeting, Listing);

        var run = await RunAsync(["doctor", "--timeout", wait], server.Url, Token(left: TimeSpan.FromHours(1)));

        Assert.Equal(0, run.ExitCode);
        Assert.Contains(head, run.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Doctor_TokenOfAnotherDeployment_FailsWithBothIds()
    {
        await using var server = await StartAsync(Greeting, Listing);

        var run = await RunAsync(server.Url, Token("d2"));

        Assert.Equal(4, run.ExitCode);
        Assert.Contains(
            "FAIL  token: it is for deployment d2, and --deployment (GOT_DEPLOYMENT) is d1",
            run.Text,
            StringComparison.Ordinal);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task Doctor_TokenIsNoJwt_IsLeftToTheServerAndNotPrinted()
    {
        await using var server = await StartAsync(Greeting, Problem(401, "no such token: garbage-token"));

        var run = await RunAsync(server.Url, "garbage-token");

        Assert.Equal(4, run.ExitCode);
        Assert.Equal(["warn  token", "FAIL  access"], Heads(run).TakeLast(2));
        Assert.DoesNotContain("garbage-token", run.Text, StringComparison.Ordinal);
    }
}
