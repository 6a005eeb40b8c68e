using System.Globalization;
using System.Text.Json;

namespace Goterra.Tests.EndToEnd.Hosting;

/// <summary>goterra-store as its operator meets it: started, stopped, killed, misconfigured.</summary>
[Trait("Category", "EndToEnd")]
public sealed class ServerProcessTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Killed_AfterTwoThousandWrites_HasThemAllAfterTheRestart()
    {
        TestDeployment deployment;
        await using (var server = await ServerProcess.StartAsync(_folder))
        {
            deployment = await server.CreateAsync();
            await Parallel.ForAsync(0, 2000, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (i, _) =>
                Assert.Equal(200, (await deployment.PutAsync($"k{i}", $"value {i}")).Status));
            await server.KillAsync();
        }

        await using (var server = await ServerProcess.StartAsync(_folder))
        {
            deployment = new TestDeployment(server.Address, deployment.Id, deployment.Token);
            var values = (await deployment.GetAsync(""))
                .Json.GetProperty("deployment")
                .Deserialize<Dictionary<string, string>>()!;
            Assert.Equal(2000, values.Count);
            Assert.All(Enumerable.Range(0, 2000), i => Assert.Equal($"value {i}", values[$"k{i}"]));
            Assert.Equal(200, (await deployment.PutAsync("after", "the restart")).Status);
        }
    }

    [Fact]
    public async Task Terminated_Idle_ExitsCleanly()
    {
        await using var server = await ServerProcess.StartAsync(_folder);
        await server.CreateAsync();

        Assert.Equal(0, await server.TerminateAsync());
    }

    [Fact]
    public async Task Running_EmbeddedStore_ListensOnItsOwnPortOnlyAndIsSmall()
    {
        await using var server = await ServerProcess.StartAsync(_folder);
        var deployment = await server.CreateAsync();
        await deployment.PutAsync("k", "v");

        Assert.Equal([server.Address.Port], ListeningPorts(server.Id));
        var resident = File.ReadLines($"/proc/{server.Id}/status").Single(
            line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        Assert.InRange(
            int.Parse(
                resident.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture),
            1, 200_000);
    }

    [Fact]
    public async Task Running_LogsAtTraceLevel_TellOfEachRequestAndOfNoSecret()
    {
        await using var server = await ServerProcess.StartAsync(_folder, ("GOT_LOG_LEVEL", "trace"));
        var deployment = await server.CreateAsync();
        const string canary = "CANARY-VALUE";
        using var anybody = new HttpClient { BaseAddress = server.Address };
        anybody.DefaultRequestHeaders.Add("X-API-Key", canary);
        await anybody.PostAsync("/store", new StringContent($$"""{"name":"{{canary}}"}"""));
        await deployment.SendAsync(HttpMethod.Post, "fail", new StringContent($$"""{"reason":"{{canary}}"}"""));
        await deployment.PutAsync("k", canary);
        await deployment.SendAsync(HttpMethod.Put, "", new StringContent($$"""{"key":"j","value":"{{canary}}"}"""));
        await deployment.SendAsync(
            HttpMethod.Put, "", new StringContent($$$"""{"key":"j","value":{"{{{canary}}}":"{{{canary}}}"}}"""));
        await deployment.GetAsync("k?wait=1");
        await deployment.GetAsync("");
        await deployment.GetAsync("k", ("X-API-Key", canary));
        await deployment.GetAsync($"k?token={canary}");
        await deployment.DeleteAsync("k");
        await server.TerminateAsync();

        var requests = server.Output.Split('\n').Where(
            line => line.Contains(
                "\"StatusCode\"", StringComparison.Ordinal) && line.Contains(
                    "\"Elapsed\"", StringComparison.Ordinal)).ToList();
        Assert.Contains(requests, line => line.Contains("PUT", StringComparison.Ordinal) && line.Contains(
            $"/store/{deployment.Id}/k", StringComparison.Ordinal)
            && line.Contains($"\"Deployment\":\"{deployment.Id}\"", StringComparison.Ordinal));
        Assert.DoesNotContain(canary, server.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(deployment.Token, server.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(deployment.Token.Split('.')[2], server.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Started_ByDefault_LogsOneJsonLineARequest()
    {
        await using var server = await ServerProcess.StartAsync(_folder);
        var deployment = await server.CreateAsync();
        await deployment.GetAsync("absent");
        await server.TerminateAsync();

        var lines = server.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(
            line => JsonDocument.Parse(line).RootElement).ToList();
        var get = Assert.Single(
            lines, line => line.TryGetProperty("Method", out var method) && method.GetString() == "GET");
        Assert.Equal(
            (404, $"/store/{deployment.Id}/absent"),
            (get.GetProperty("StatusCode").GetInt32(), get.GetProperty("Path").GetString()));
    }

    [Theory]
    [InlineData("GOT_WEB_PORT", "99999", "web.port (GOT_WEB_PORT)", "0 to 65535")]
    [InlineData("GOT_WEB_LISTEN", "nonsense", "web.listen (GOT_WEB_LISTEN)", "127.0.0.1")]
    [InlineData("GOT_CONFIG", "/proc/self/mem", "configuration file", "cannot be read")]
    [InlineData("GOT_SECRET", "short-secret", "secret (GOT_SECRET)", "openssl rand")]
    [InlineData("GOT_REDIS_HOST", "127.0.0.1", "secret (GOT_SECRET)", "openssl rand")]
    [InlineData("GOT_DATA", "/proc/nowhere", "data (GOT_DATA)", "writable")]
    [InlineData("GOT_CONFIG", "missing.yml", "GOT_CONFIG", "missing.yml")]
    public async Task Started_Misconfigured_EndsWithOneLineThatNamesTheKey(
        string variable, string value, string key, string right)
    {
        var (exit, output) = await ServerProcess.RunAsync(_folder, [], (variable, value));

        Assert.Equal(2, exit);
        var line = Assert.Single(output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith("goterra-store: ", line, StringComparison.Ordinal);
        Assert.Contains(key, line, StringComparison.Ordinal);
        Assert.Contains(right, line, StringComparison.Ordinal);
        Assert.DoesNotContain("short-secret", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Started_OnAnAddressOfAnotherMachine_EndsWithoutAStackTrace()
    {
        var (exit, output) = await ServerProcess.RunAsync(_folder, [], ("GOT_WEB_LISTEN", "192.0.2.1"));

        Assert.Equal(2, exit);
        Assert.Contains(
            "goterra-store: web.listen (GOT_WEB_LISTEN): Cannot assign requested address", output,
            StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Started_WithItsSecretFileGone_IsRefused()
    {
        await using (await ServerProcess.StartAsync(_folder))
        {
        }

        File.Delete(_folder.File("goterra-store.secret"));
        var (exit, output) = await ServerProcess.RunAsync(_folder, []);

        Assert.Equal(2, exit);
        Assert.Contains("Restore the file", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Started_PortTaken_EndsWithOneLine()
    {
        await using var first = await ServerProcess.StartAsync(_folder);
        using var other = new TempFolder();

        var (exit, output) = await ServerProcess.RunAsync(other, ["--web.port", $"{first.Address.Port}"]);

        Assert.Equal(1, exit);
        Assert.Contains("web.port", output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--help", "--config FILE")]
    [InlineData("-version", "goterra-store 0.")]
    public async Task Started_ToAskSomething_AnswersAndEnds(string option, string says)
    {
        var (exit, output) = await ServerProcess.RunAsync(_folder, [option]);

        Assert.Equal(0, exit);
        Assert.Contains(says, output, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }

    /// <summary>The TCP ports that a process listens on, from the kernel's own tables.</summary>
    private static List<int> ListeningPorts(int process)
    {
        var sockets = Directory.GetFiles($"/proc/{process}/fd").Select(
            link => File.ResolveLinkTarget(link, false)?.Name ?? "").ToHashSet();
        return [.. new[] { "tcp", "tcp6" }
            .SelectMany(table => File.ReadLines($"/proc/{process}/net/{table}").Skip(1))
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(columns => columns[3] == "0A" && sockets.Contains($"socket:[{columns[9]}]"))
            .Select(
                columns => int.Parse(columns[1].Split(':')[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture))];
    }
}
