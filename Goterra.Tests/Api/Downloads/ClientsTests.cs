using System.Security.Cryptography;
using Goterra.Api.Downloads;
using Microsoft.Extensions.DependencyInjection;

namespace Goterra.Tests.Api.Downloads;

[Trait("Category", "Api")]
public sealed class ClientsTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    [Theory]
    [InlineData("goterra.sh")]
    [InlineData("install.sh")]
    public async Task Fetch_Script_IsWhatTheListSays(string name)
    {
        var file = await Reply.OfAsync(
            await fixture.Server.Client.GetAsync(new Uri($"/store/-/cli/{name}", UriKind.Relative)));
        var list = await Reply.OfAsync(
            await fixture.Server.Client.GetAsync(new Uri("/store/-/cli/", UriKind.Relative)));

        var listed = Assert.Single(
            list.Json.GetProperty("clients").EnumerateArray(),
            client => client.GetProperty("name").GetString() == name);
        Assert.Equal((200, "text/x-shellscript"), (file.Status, file.Type));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(file.Bytes)), listed.GetProperty("sha256").GetString());
        Assert.Equal(file.Bytes.Length, listed.GetProperty("size").GetInt64());
        Assert.Equal($"\"{listed.GetProperty("sha256").GetString()}\"", file.ETag);
    }

    [Fact]
    public async Task Fetch_Installer_KnowsTheServersAddress()
    {
        var script = await fixture.Server.Client.GetStringAsync(new Uri("/store/-/cli/install.sh", UriKind.Relative));

        Assert.Contains($"'http://localhost:{fixture.Server.Address.Port}'", script, StringComparison.Ordinal);
        Assert.DoesNotContain("@GOT_URL@", script, StringComparison.Ordinal);
        Assert.EndsWith("\nmain\n", script, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("linux-x64", "deploy/client/build.sh")]
    [InlineData("windows", "Unknown client")]
    public async Task Fetch_NotThere_SaysWhatToDo(string name, string says)
    {
        var reply = await Reply.OfAsync(
            await fixture.Server.Client.GetAsync(new Uri($"/store/-/cli/{name}", UriKind.Relative)));

        Assert.Equal(404, reply.Status);
        Assert.Contains(says, reply.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Fetch_Program_ReplacedWhileTheServerRuns_ComesWithItsNewSum()
    {
        using var folder = new TempFolder();
        await using var server = await RunningServer.StartAsync(
            replace: services => services.AddSingleton(new ClientFiles(folder.Path)));

        foreach (var size in (int[])[200_000, 300_000])
        {
            var program = RandomNumberGenerator.GetBytes(size);
            await File.WriteAllBytesAsync(folder.File("goterra-cli-linux-x64"), program);
            var sum = Convert.ToHexStringLower(SHA256.HashData(program));

            var file = await FetchAsync(server, "linux-x64");
            var list = await FetchAsync(server, "", ("Accept", "text/plain"));

            Assert.Equal((200, "application/octet-stream", $"\"{sum}\""), (file.Status, file.Type, file.ETag));
            Assert.Equal(program, file.Bytes);
            Assert.Equal($"{sum}  linux-x64\n", list.Text);
            Assert.Equal(
                program[1000..1010], (await FetchAsync(server, "linux-x64", ("Range", "bytes=1000-1009"))).Bytes);
        }
    }

    [Theory]
    [InlineData("text/plain", "text/plain")]
    [InlineData("application/json;q=0.5, text/plain", "text/plain")]
    [InlineData("text/plain;q=0.5, application/json", "application/json")]
    [InlineData("*/*", "application/json")]
    public async Task List_IsInTheFormThatIsPreferred(string accept, string type) =>
        Assert.Equal(
            (200, type),
            await FetchAsync(
                fixture.Server, "", ("Accept", accept)) is var reply ? (reply.Status, reply.Type) : default);

    private static async Task<Reply> FetchAsync(
        RunningServer server, string name, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/store/-/cli/{name}");
        foreach (var (header, value) in headers)
            request.Headers.TryAddWithoutValidation(header, value);
        return await Reply.OfAsync(await server.Client.SendAsync(request));
    }
}
