using System.Security.Cryptography;
using Goterra.Tests.Api;
using Goterra.Tests.Hosting;

namespace Goterra.Tests.Clients;

public sealed class ClientsTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    [Theory]
    [InlineData("goterra.sh")]
    [InlineData("install.sh")]
    public async Task Fetch_Script_IsWhatTheListSays(string name)
    {
        var file = await Reply.OfAsync(await fixture.Server.Client.GetAsync(new Uri($"/store/-/cli/{name}", UriKind.Relative)));
        var list = await Reply.OfAsync(await fixture.Server.Client.GetAsync(new Uri("/store/-/cli/", UriKind.Relative)));

        var listed = Assert.Single(list.Json.GetProperty("clients").EnumerateArray(), client => client.GetProperty("name").GetString() == name);
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
    [InlineData("windows", "There is no such client")]
    public async Task Fetch_NotThere_SaysWhatToDo(string name, string says)
    {
        var reply = await Reply.OfAsync(await fixture.Server.Client.GetAsync(new Uri($"/store/-/cli/{name}", UriKind.Relative)));

        Assert.Equal(404, reply.Status);
        Assert.Contains(says, reply.Detail, StringComparison.Ordinal);
    }
}
