using Goterra.Core.Model;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;

namespace Goterra.Tests.Api.Users;

/// <summary>Session tokens of the platform, which only the auth service knows.</summary>
[Trait("Category", "Api")]
public sealed class SessionTokensTests : IAsyncLifetime
{
    private const string Key = "api-key-of-alice";
    private const string Session = "gAAAAABCANARY-session_of-alice==";

    private AuthService _auth = null!;

    public async Task InitializeAsync()
    {
        _auth = await AuthService.StartAsync();
        _auth.Users[Key] = new { user = new { uid = "alice" } };
        _auth.Sessions[Session] = new { user = new { uid = "alice" } };
        _auth.Sessions["session-of-bob"] = new { user = new { uid = "bob" } };
        _auth.Sessions["session-of-root"] = new { user = new { uid = "root", admin = true } };
    }

    public async Task DisposeAsync() => await _auth.DisposeAsync();

    [Fact]
    public async Task Get_SessionOfOwner_ReadsAndNothingElse()
    {
        await using var server = await RunningServer.StartAsync(_auth.Settings());
        var (deployment, session) = await OpenAsync(server, Session);
        await deployment.PutAsync("k", "v");

        Assert.Equal("v", (await session.GetAsync("k?raw")).Text);
        Assert.Equal(200, (await session.GetAsync("")).Status);
        Assert.Equal(200, (int)(await session.SendAsync(HttpMethod.Head, "k")).StatusCode);
        Assert.Equal(404, (await session.GetAsync("absent?wait=1")).Status);
        foreach (var refused in new[]
        {
            await session.PutAsync("k", "x"),
            await session.DeleteAsync("k"),
            await session.PostAsync("token"),
            await session.PostAsync("fail", """{"reason":"x"}"""),
            await session.DeleteAsync(),
        })
        {
            Assert.Equal(403, refused.Status);
            Assert.Contains("session token", refused.Detail, StringComparison.Ordinal);
        }

        Assert.Equal("v", (await deployment.GetAsync("k?raw")).Text);
    }

    [Fact]
    public async Task Get_SessionOfAnother_ReadsWhatItsUserMay()
    {
        await using var server = await RunningServer.StartAsync(_auth.Settings());
        var (deployment, bob) = await OpenAsync(server, "session-of-bob");

        Assert.Equal(403, (await bob.GetAsync("")).Status);
        Assert.Equal(403, (await server.Open(DeploymentId.New().ToString(), "session-of-bob").GetAsync("")).Status);
        Assert.Equal(200, (await server.Open(deployment.Id, "session-of-root").GetAsync("")).Status);
        Assert.Equal(401, (await server.Open(deployment.Id, "unknown").GetAsync("")).Status);
    }

    [Theory]
    [InlineData("/store/-/deployments")]
    [InlineData("/store/-/namespaces")]
    public async Task List_UnknownSession_Is401ThatSaysSo(string path)
    {
        await using var server = await RunningServer.StartAsync(_auth.Settings());

        Assert.Equal(200, (int)(await SendAsync(server, HttpMethod.Get, path, Session)).StatusCode);
        var refused = await SendAsync(server, HttpMethod.Get, path, "unknown");

        Assert.Equal(401, (int)refused.StatusCode);
        Assert.Contains("session token", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task List_Session_ListsTheDeploymentsOfItsUser()
    {
        await using var server = await RunningServer.StartAsync(_auth.Settings());
        var (deployment, _) = await OpenAsync(server, Session);

        var own = await SendAsync(server, HttpMethod.Get, "/store/-/deployments", Session);
        var others = await SendAsync(server, HttpMethod.Get, "/store/-/deployments", "session-of-bob");

        Assert.Contains(deployment.Id, await own.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.DoesNotContain(deployment.Id, await others.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Create_Session_RequiresAnApiKey()
    {
        await using var server = await RunningServer.StartAsync(_auth.Settings());
        _auth.Requests.Clear();

        var refused = await SendAsync(server, HttpMethod.Post, "/store", Session);

        Assert.Equal(401, (int)refused.StatusCode);
        Assert.Empty(_auth.Requests);
    }

    [Fact]
    public async Task Get_TokenOfThreeParts_IsNeverForwarded()
    {
        await using var server = await RunningServer.StartAsync(_auth.Settings());
        var (deployment, _) = await OpenAsync(server, Session);
        _auth.Requests.Clear();
        _auth.Sessions["a.b.c"] = new { user = new { uid = "alice" } };

        string[] tokens = ["a.b.c", deployment.Token[..^3] + "xxx", "..", deployment.Token.ToUpperInvariant()];
        foreach (var token in tokens)
            Assert.Equal(401, (await server.Open(deployment.Id, token).GetAsync("")).Status);
        Assert.Equal(200, (await deployment.GetAsync("")).Status);
        Assert.Empty(_auth.Requests);
    }

    [Fact]
    public async Task Get_SessionAgain_IsCachedForAMinute()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var server = await RunningServer.StartAsync(_auth.Settings(), time: time);
        var (_, session) = await OpenAsync(server, Session);
        _auth.Requests.Clear();

        for (var i = 0; i < 5; i++)
            Assert.Equal(200, (await session.GetAsync("")).Status);
        Assert.Equal([$"GET /auth/api Bearer {Session}"], _auth.Requests);

        _auth.Sessions.Clear();
        time.Advance(TimeSpan.FromSeconds(61));
        Assert.Equal(401, (await session.GetAsync("")).Status);
    }

    [Fact]
    public async Task Get_UnknownSessions_AreThrottledApartFromApiKeys()
    {
        var settings = _auth.Settings();
        settings["GOT_LIMITS_FAILED_ATTEMPTS"] = "5";
        await using var server = await RunningServer.StartAsync(settings);
        var (deployment, session) = await OpenAsync(server, Session);
        Assert.Equal(200, (await session.GetAsync("")).Status);

        var statuses = new List<int>();
        for (var i = 0; i < 10; i++)
            statuses.Add((await server.Open(deployment.Id, $"guess-{i}").GetAsync("")).Status);

        Assert.Equal([401, 429], statuses.Distinct());
        Assert.InRange(_auth.Requests.Count(request => request.Contains("guess", StringComparison.Ordinal)), 1, 7);
        Assert.Equal(200, (await session.GetAsync("")).Status);
        Assert.Equal(200, (await server.CreateAsAsync(Key)).Status);
    }

    [Fact]
    public async Task Get_ServiceFails_Is503AndTokensWork()
    {
        await using var server = await RunningServer.StartAsync(_auth.Settings());
        var (deployment, session) = await OpenAsync(server, Session);
        Func<HttpContext, Task>[] failures =
        [
            context => { context.Response.StatusCode = 500; return Task.CompletedTask; },
            context => context.Response.WriteAsync("<html>"),
            context => context.Response.WriteAsJsonAsync(new { user = new { } }),
        ];
        foreach (var failure in failures)
        {
            _auth.Instead = failure;
            Assert.Equal(503, (await session.GetAsync("")).Status);
            Assert.Equal(200, (await deployment.GetAsync("")).Status);
        }

        _auth.Instead = null;
        await Eventually.Async(async () => (await session.GetAsync("")).Status == 200);
    }

    [Fact]
    public async Task Get_NoAuthService_IsInvalidToken()
    {
        await using var server = await RunningServer.StartAsync();
        var deployment = await server.CreateAsync();

        Assert.Equal(401, (await server.Open(deployment.Id, Session).GetAsync("")).Status);
    }

    private static async Task<HttpResponseMessage> SendAsync(
        RunningServer server, HttpMethod method, string path, string session)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Headers.Authorization = new("Bearer", session);
        return await server.Client.SendAsync(request);
    }

    private static async Task<(TestDeployment Own, TestDeployment Session)> OpenAsync(
        RunningServer server, string session)
    {
        var created = (await server.CreateAsAsync(Key)).Json;
        var id = created.GetProperty("id").GetString()!;
        return (server.Open(id, created.GetProperty("token").GetString()!), server.Open(id, session));
    }
}
