using System.Text.RegularExpressions;

namespace Goterra.Tests.Api;

/// <summary>How the files of the live page are served.</summary>
[Trait("Category", "Api")]
public sealed partial class LivePageFilesTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    [Theory]
    [InlineData("/", "text/html,application/xhtml+xml,*/*;q=0.8", "store/-/ui/")]
    [InlineData("/store/-/ui", "*/*", "ui/")]
    public async Task Get_BrowserAtAnotherPath_IsLedToThePage(string path, string accept, string location)
    {
        var reply = await GetAsync(path, ("Accept", accept));

        Assert.Equal((302, location), (reply.Status, reply.Message.Headers.Location!.OriginalString));
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/store/-/ui/other.js")]
    [InlineData("/store/-/ui/js/%2e%2e/index.html")]
    [InlineData("/store/-/ui/js%2fmain.js")]
    public async Task Get_NoFileOfThePage_IsAProblem(string path)
    {
        var reply = await GetAsync(path);

        Assert.InRange(reply.Status, 400, 404);
        Assert.Equal("application/problem+json", reply.Type);
    }

    [Fact]
    public async Task Get_EveryFile_ForbidsWhatThePageDoesNotNeed()
    {
        var index = await GetAsync("/store/-/ui/");
        Assert.Equal("text/html", index.Type);
        var files = LinkPattern().Matches(index.Text).Select(match => match.Groups[1].Value).ToList();
        Assert.Contains("js/main.js", files);

        foreach (var file in files.Append(""))
        {
            var reply = await GetAsync($"/store/-/ui/{file}");
            Assert.Equal(200, reply.Status);
            var policy = Assert.Single(reply.Message.Headers.GetValues("Content-Security-Policy"));
            Assert.StartsWith(
                "default-src 'none'; script-src 'self'; style-src 'self';", policy, StringComparison.Ordinal);
            Assert.DoesNotMatch("unsafe|http|\\*", policy);
            Assert.Equal("no-referrer", Assert.Single(reply.Message.Headers.GetValues("Referrer-Policy")));
            Assert.Equal("no-cache", reply.Message.Headers.CacheControl!.ToString());
            Assert.DoesNotMatch("innerHTML|outerHTML|insertAdjacentHTML|document\\.write|eval\\(", reply.Text);

            var again = await GetAsync($"/store/-/ui/{file}", ("If-None-Match", reply.ETag!));
            Assert.Equal((304, 0), (again.Status, again.Bytes.Length));
        }
    }

    private async Task<Reply> GetAsync(string path, params (string Name, string Value)[] headers)
    {
        using var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false })
        {
            BaseAddress = fixture.Server.Address,
        };
        using var request = new HttpRequestMessage(
            HttpMethod.Get,
            new Uri(fixture.Server.Address.AbsoluteUri.TrimEnd('/') + path, new UriCreationOptions
            {
                DangerousDisablePathAndQueryCanonicalization = true,
            }));
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        return await Reply.OfAsync(await client.SendAsync(request));
    }

    [GeneratedRegex("(?:href|src)=\"([^\"#]+)\"")]
    private static partial Regex LinkPattern();
}
