extern alias cli;
using cli::Goterra.Cli.Proxy;
using static Goterra.Tests.Support.ScriptedServer;

namespace Goterra.Tests.EndToEnd.Cli;

/// <summary>Only the proxy can resolve goterra.test.</summary>
[Trait("Category", "EndToEnd")]
public sealed class ProxyTests
{
    [Theory]
    [InlineData("http_proxy")]
    [InlineData("HTTP_PROXY")]
    [InlineData("ALL_PROXY")]
    [InlineData("all_proxy")]
    public async Task Get_HttpThroughAProxy_Arrives(string variable)
    {
        await using var server = await StartAsync(Raw("v"));
        await using var proxy = new LittleProxy(server.Port);

        var run = await RunAsync("http://goterra.test", (variable, proxy.Authority));

        Assert.Equal((0, "v\n", ""), (run.ExitCode, run.Text, run.Errors));
        Assert.Equal("GET http://goterra.test/store/d1/k?wait=25s HTTP/1.1", Assert.Single(proxy.Seen));
    }

    [Theory]
    [InlineData("https_proxy", "user:pass%40word@", null)]
    [InlineData("HTTPS_PROXY", "", null)]
    [InlineData("HTTPS_PROXY", "user:pass%40word@", "user:pass@word")]
    public async Task Get_HttpsThroughAProxy_ArrivesThroughATunnel(string variable, string login, string? wanted)
    {
        using var authority = new TestAuthority();
        await using var server = await StartSecureAsync(authority.Issue("goterra.test"), Raw("v"));
        await using var proxy = new LittleProxy(server.Port, wanted);

        var run = await RunAsync(
            "https://goterra.test", (variable, $"http://{login}{proxy.Authority}/"), ("GOT_CACERT", authority.Path));

        Assert.Equal((0, "v\n", ""), (run.ExitCode, run.Text, run.Errors));
        Assert.All(proxy.Seen, line => Assert.Equal("CONNECT goterra.test:443 HTTP/1.1", line));
        Assert.Null(Assert.Single(server.Requests).Header("Proxy-Authorization"));
    }

    [Fact]
    public async Task Get_HttpThroughAProxyWithLogin_Arrives()
    {
        await using var server = await StartAsync(Raw("v"));
        await using var proxy = new LittleProxy(server.Port, "user:pass");

        var run = await RunAsync("http://goterra.test", ("http_proxy", $"user:pass@{proxy.Authority}"));

        Assert.Equal((0, "v\n", ""), (run.ExitCode, run.Text, run.Errors));
    }

    [Theory]
    [InlineData("http")]
    [InlineData("https")]
    public async Task Get_ProxyRequiresLogin_IsAPermanentError(string scheme)
    {
        await using var proxy = new LittleProxy(1, "user:pass");

        var run = await RunAsync($"{scheme}://goterra.test", ("ALL_PROXY", $"user:wrongpass@{proxy.Authority}"));

        Assert.Equal((1, ""), (run.ExitCode, run.Text));
        Assert.Contains("the proxy requires a user and password", run.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("wrongpass", run.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(403, 1)]
    [InlineData(503, 7)]
    public async Task Get_ProxyOpensNoTunnel_IsPermanentIfRefused(int status, int exitCode)
    {
        await using var proxy = new LittleProxy(1, refusal: status);

        var run = await RunAsync("https://goterra.test", ("https_proxy", proxy.Authority));

        Assert.Equal((exitCode, ""), (run.ExitCode, run.Text));
        Assert.Contains($"HTTP status {status}", run.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http")]
    [InlineData("https")]
    public async Task Get_ProxyDown_IsRetriedAndNamed(string scheme)
    {
        var dead = (await DeadUrlAsync())["http://".Length..];
        var time = new SkippingTime();
        var start = time.GetTimestamp();

        var run = await RunAsync($"{scheme}://goterra.test", time, ("ALL_PROXY", $"user:hidden@{dead}"));

        Assert.Equal((7, ""), (run.ExitCode, run.Text));
        Assert.Equal(TimeSpan.FromMinutes(30), time.GetElapsedTime(start));
        Assert.Contains($"through the proxy {dead} (ALL_PROXY)", run.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("hidden", run.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://goterra.test", "erra.test")]
    [InlineData("http://goterra.test", "goterra.test:81")]
    [InlineData("http://goterra.test", "a.goterra.test")]
    [InlineData("http://goterra.test", "goterra.test.org,10.0.0.0/8")]
    [InlineData("http://192.0.2.7", "192.0.2.8,192.0.3.0/24,2.7")]
    [InlineData("http://192.0.2.7:8000", "192.0.2.7:80")]
    public async Task Get_NoProxyDoesNotMatch_UsesTheProxy(string url, string except)
    {
        await using var server = await StartAsync(Raw("v"));
        await using var proxy = new LittleProxy(server.Port);

        var run = await RunAsync(url, ("http_proxy", proxy.Authority), ("no_proxy", except));

        Assert.Equal((0, "v\n"), (run.ExitCode, run.Text));
        Assert.Single(proxy.Seen);
    }

    [Theory]
    [InlineData("goterra.test", "*")]
    [InlineData("goterra.test", "goterra.test")]
    [InlineData("goterra.test", "other.test, .goterra.test")]
    [InlineData("goterra.test", "*.goterra.test")]
    [InlineData("goterra.test", "test")]
    [InlineData("goterra.test", "GOTERRA.TEST:8000")]
    [InlineData("192.0.2.7", "192.0.2.0/24")]
    [InlineData("192.0.2.7", "192.0.2.7")]
    [InlineData("192.0.2.7", "192.0.2.7:8000")]
    [InlineData("[2001:db8::7]", "2001:db8::/32")]
    [InlineData("[2001:db8::7]", "[2001:db8::7]")]
    public void For_NoProxyMatches_IsDirect(string host, string except)
    {
        var choice = ProxySelection.For(
            new Uri($"http://{host}:8000/store"),
            name => name switch { "http_proxy" => "proxy:3128", "no_proxy" => except, _ => null });

        Assert.Null(choice.Proxy);
    }

    [Fact]
    public async Task Get_LoopbackServer_IsNotProxied()
    {
        await using var server = await StartAsync(Raw("v"));
        await using var proxy = new LittleProxy(1, refusal: 403);

        var run = await RunAsync(server.Url, ("http_proxy", proxy.Authority));

        Assert.Equal((0, "v\n"), (run.ExitCode, run.Text));
    }

    [Theory]
    [InlineData("http://")]
    [InlineData("ftp://user:hidden@proxy")]
    [InlineData("two words")]
    public async Task Get_ProxyIsNoUrl_IsAUsageError(string proxy)
    {
        var run = await RunAsync("http://goterra.test", ("HTTP_PROXY", proxy));

        Assert.Equal(2, run.ExitCode);
        Assert.Contains("HTTP_PROXY is not the URL of a proxy", run.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("hidden", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Get_UnknownHost_IsRetriedUntilTheDeadline()
    {
        var time = new SkippingTime();

        var run = await CliRun.RunAsync(
            ["get", "k", "--timeout", "5s"], CliRun.VariablesFor("http://goterra.invalid"), time: time);

        Assert.Equal((7, ""), (run.ExitCode, run.Text));
        Assert.Contains("goterra.invalid", run.Errors, StringComparison.Ordinal);
        Assert.True(time.Pauses.Count > 2);
    }

    private static Task<CliRun> RunAsync(string url, params (string Name, string Value)[] more) =>
        RunAsync(url, new SkippingTime(), more);

    private static Task<CliRun> RunAsync(string url, SkippingTime time, params (string Name, string Value)[] more)
    {
        var variables = CliRun.VariablesFor(url);
        foreach (var (name, value) in more)
            variables[name] = value;
        return CliRun.RunAsync(["get", "k"], variables, time: time);
    }
}
