namespace Goterra.Tests.EndToEnd.Examples;

/// <summary>once, elect and a barrier together: six processes, of which the leader is killed.</summary>
[Trait("Category", "EndToEnd")]
public sealed class ThreeCandidatesExampleTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task ThreeCandidates_LeaderDies_OneInstallationOneTokenAndASuccessor()
    {
        await using var server = await ServerProcess.StartAsync(_folder);

        var (exit, output, errors) = await ExampleScript.RunAsync("three-candidates.sh", server.Address.ToString());

        Assert.True(exit == 0, output + errors);

        // A busy machine may make them wait long enough for that.
        Assert.All(
            errors.Split('\n', StringSplitOptions.RemoveEmptyEntries),
            line => Assert.Matches("^goterra-cli: waiting .*left", line));
        Assert.Matches(
            "(?m)^operator: one installation, one join token on six machines, and candidate[123] has taken over from "
            + "candidate[123]$",
            output);
        Assert.Equal(2, output.Split('\n').Count(line => line.EndsWith(": leads", StringComparison.Ordinal)));
        Assert.Equal(
            3,
            output.Split('\n').Count(
                line => line.EndsWith(": moved from one API to another", StringComparison.Ordinal)));
    }
}
