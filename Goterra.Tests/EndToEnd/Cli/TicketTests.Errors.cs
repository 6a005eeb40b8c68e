using static Goterra.Tests.Support.ScriptedServer;

namespace Goterra.Tests.EndToEnd.Cli;

[Trait("Category", "EndToEnd")]
public sealed partial class TicketTests
{
    [Theory]
    [InlineData("no dot")]
    [InlineData(".x")]
    [InlineData("../../x.y")]
    [InlineData("5f0c.")]
    [InlineData("5f0c.a b")]
    public async Task Get_InvalidTicket_IsAUsageErrorWithoutQuotingIt(string ticket)
    {
        await using var server = await StartAsync(Token("t"));

        var run = await RunAsync(server, ticket);

        Assert.Equal(2, run.ExitCode);
        Assert.DoesNotContain(ticket, run.Errors, StringComparison.Ordinal);
        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task Get_TicketOfAnotherDeployment_IsAUsageError()
    {
        await using var server = await StartAsync(Token("t"));
        var variables = Variables(server, Ticket);
        variables["GOT_DEPLOYMENT"] = "other";

        var run = await CliRun.RunAsync(["get", "k"], variables);

        Assert.Equal(2, run.ExitCode);
        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task Get_StateNotWritable_FailsBeforeRedeeming()
    {
        await File.WriteAllTextAsync(State, "a file, and no folder");
        await using var server = await StartAsync(Token("t"));

        var run = await RunAsync(server);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("GOT_STATE_DIR", run.Errors, StringComparison.Ordinal);
        Assert.Empty(server.Requests);
    }
}
