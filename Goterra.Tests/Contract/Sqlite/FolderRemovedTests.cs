namespace Goterra.Tests.Contract.Sqlite;

/// <summary>A data folder that is removed under the server: nothing is acknowledged that would be lost.</summary>
[Trait("Category", "Contract")]
public sealed class FolderRemovedTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("")]
    [InlineData("goterra.db")]
    [InlineData("lock")]
    public async Task PutAsync_FolderOrFileRemoved_IsRefused(string file)
    {
        await using var server = await ServerProcess.StartAsync(_folder);
        var deployment = await server.CreateAsync();
        await deployment.PutAsync("k", "v");
        if (file.Length == 0)
            Directory.Delete(_folder.File("data"), recursive: true);
        else
            File.Delete(_folder.File("data/" + file));

        // Until housekeeping has looked, a write may fail for another reason.
        await Eventually.Async(async () => await deployment.PutAsync("k", "lost") is { Status: 503 } refused
            && refused.Detail.Contains("removed", StringComparison.Ordinal));

        using var client = new HttpClient { BaseAddress = server.Address };
        var ready = await Reply.OfAsync(await client.GetAsync("/health/ready"));
        Assert.Equal(503, ready.Status);
        Assert.Contains("removed", ready.Detail, StringComparison.Ordinal);
        await server.TerminateAsync();
        Assert.Single(
            server.Output.Split('\n'), line => line.Contains("Fatal", StringComparison.OrdinalIgnoreCase)
                && line.Contains("removed", StringComparison.Ordinal));
    }

    [Fact]
    public async Task PutAsync_FolderMovedAndPutBack_WorksAgain()
    {
        await using var server = await ServerProcess.StartAsync(_folder);
        var deployment = await server.CreateAsync();
        Directory.Move(_folder.File("data"), _folder.File("elsewhere"));
        await Eventually.Async(async () => (await deployment.PutAsync("k", "v")).Status == 503);

        Directory.Move(_folder.File("elsewhere"), _folder.File("data"));

        await Eventually.Async(async () => (await deployment.PutAsync("k", "v")).Status == 200);
    }
}
