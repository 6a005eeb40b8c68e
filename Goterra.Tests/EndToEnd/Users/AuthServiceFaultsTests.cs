using System.Collections.Concurrent;
using Goterra.Core.Access;
using Goterra.Core.Model;
using Goterra.Infrastructure;
using Goterra.Infrastructure.Users;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Goterra.Tests.EndToEnd.Users;

/// <summary>
/// What an auth or deploy service that misbehaves, and a caller who tries things out, must not achieve.
/// </summary>
[Trait("Category", "EndToEnd")]
public sealed class AuthServiceFaultsTests : IAsyncLifetime
{
    private const string Key = "CANARY-api-key-of-alice";

    private AuthService _auth = null!;

    public async Task InitializeAsync() => _auth = await AuthService.StartAsync();

    public async Task DisposeAsync() => await _auth.DisposeAsync();

    [Fact]
    public async Task WhoIsAsync_ResponseStalls_FailsAfterTimeout()
    {
        _auth.Instead = async context =>
        {
            var hungUp = new TaskCompletionSource();
            await using var told = context.RequestAborted.Register(hungUp.SetResult);
            await context.Response.WriteAsync("""{"uid":""");
            await context.Response.Body.FlushAsync();
            await hungUp.Task;
        };
        await using var services = new ServiceCollection()
            .AddSingleton(TimeProvider.System)
            .AddSingleton(new AccessOptions())
            .AddGoterraUsers(
                new UserOptions(
                    [],
                    new AuthServiceOptions(_auth.Address, null)
                    {
                        AttemptTimeout = TimeSpan.FromMilliseconds(500),
                    }))
            .BuildServiceProvider();

        await Assert.ThrowsAsync<UserDirectoryUnavailableException>(
            () => services.GetRequiredService<IUserDirectory>().FindByApiKeyAsync(Key, default));
    }

    [Theory]
    [InlineData("""{"uid":"\ud800"}""")]
    [InlineData("""{"uid":"alice","namespaces":{"\ud800":true}}""")]
    public async Task WhoIsAsync_UnpairedSurrogate_Is503(string answer)
    {
        _auth.Instead = context => context.Response.WriteAsync(answer);
        await using var server = await RunningServer.StartAsync(_auth.Settings());

        Assert.Equal(503, (await server.CreateAsAsync(Key)).Status);
    }

    [Theory]
    [InlineData(401)]
    [InlineData(403)]
    public async Task WhoIsAsync_ProxyRefuses_Is503AndNoFailedAttempt(int status)
    {
        _auth.Instead = context =>
        {
            context.Response.StatusCode = status;
            return Task.CompletedTask;
        };
        await using var server = await RunningServer.StartAsync(
            new Dictionary<string, string?>(_auth.Settings()) { ["GOT_LIMITS_FAILED_ATTEMPTS"] = "1" });

        Assert.Equal(503, (await server.CreateAsAsync(Key)).Status);
        Assert.Equal(503, (await server.CreateAsAsync(Key)).Status);
    }

    [Fact]
    public async Task RoleAsync_UnpairedSurrogate_Is503()
    {
        await using var server = await RunningServer.StartAsync(_auth.Settings());
        _auth.Instead = context => context.Response.WriteAsync(
            context.Request.Path == "/auth/api"
                ? """{"uid":"alice","token":"t"}"""
                : """{"ns":{"owners":["\ud800"]}}""");

        Assert.Equal(503, (await server.CreateAsAsync(Key, "team")).Status);
    }

    [Fact]
    public async Task RoleAsync_DeployServiceDown_KeysAreStillLookedUp()
    {
        _auth.Instead = async context =>
        {
            if (context.Request.Path == "/auth/api")
                await context.Response.WriteAsJsonAsync(new { uid = "alice", token = "t" });
            else
                context.Response.StatusCode = 500;
        };
        await using var server = await RunningServer.StartAsync(_auth.Settings());
        for (var i = 0; i < 20; i++)
            Assert.Equal(503, (await server.CreateAsAsync(Key, $"team-{i}")).Status);

        Assert.Equal(200, (await server.CreateAsAsync("another-key-of-hers")).Status);
    }

    [Fact]
    public async Task RoleAsync_NullNamespaces_AsksDeployService()
    {
        _auth.Users[Key] = new { user = new { uid = "alice", namespaces = (object?)null }, token = "t" };
        _auth.Namespaces["team"] = new { ns = new { owners = new[] { "alice" } } };
        await using var server = await RunningServer.StartAsync(_auth.Settings());

        Assert.Equal(200, (await server.CreateAsAsync(Key, "team")).Status);
    }

    [Fact]
    public async Task WhoIsAsync_ConcurrentWrongKeys_AreThrottled()
    {
        const int guesses = 50;
        const int limit = 5;
        var release = new TaskCompletionSource();
        _auth.Instead = async context =>
        {
            if (_auth.Requests.Count > limit)
                release.TrySetResult();
            await release.Task;
            context.Response.StatusCode = 404;
        };
        await using var server = await RunningServer.StartAsync(
            new Dictionary<string, string?>(_auth.Settings()) { ["GOT_LIMITS_FAILED_ATTEMPTS"] = $"{limit}" });

        var statuses = new ConcurrentBag<int>();
        await Task.WhenAll(Enumerable.Range(0, guesses).Select(async i =>
        {
            statuses.Add((await server.AsAsync($"guess-{i}", HttpMethod.Post, "/store")).Status);
            if (statuses.Count == guesses - limit)
                release.TrySetResult();
        }));

        Assert.Equal(limit, _auth.Requests.Count);
        Assert.Equal(
            (limit, guesses - limit),
            (statuses.Count(status => status == 403), statuses.Count(status => status == 429)));
    }

    [Fact]
    public async Task WhoIsAsync_ConcurrentNewGoodKey_IsOneAttempt()
    {
        const int requests = 20;
        _auth.Users[Key] = new { uid = "alice" };
        await using var server = await RunningServer.StartAsync(
            new Dictionary<string, string?>(_auth.Settings()) { ["GOT_LIMITS_FAILED_ATTEMPTS"] = "1" });

        var replies = await Task.WhenAll(Enumerable.Range(0, requests).Select(_ => server.CreateAsAsync(Key)));

        Assert.All(replies, reply => Assert.Equal(200, reply.Status));
    }

    [Theory]
    [InlineData("the namespace")]
    [InlineData("the decoy")]
    public async Task RoleAsync_StrangerAskedBefore_CausesSameLookups(string primed)
    {
        _auth.Users[Key] = new { uid = "alice", token = "alice" };
        _auth.Users["bobs"] = new { uid = "bob", token = "bob" };
        _auth.Namespaces["team"] = new { ns = new { owners = new[] { "alice" }, members = new[] { "bob" } } };
        await using var server = await RunningServer.StartAsync(_auth.Settings());
        string[] ids =
            [(await server.CreateAsAsync(Key, "team")).Json.GetProperty("id").GetString()!,
                DeploymentId.New().ToString()];

        var lookups = new List<int>();
        foreach (var id in ids)
        {
            await server.CreateAsAsync("bobs", primed == "the decoy" ? DecoyOf(id) : "team");
            var before = _auth.Requests.Count;
            Assert.Equal(403, (await server.AsAsync("bobs", HttpMethod.Get, $"/store/{id}")).Status);
            lookups.Add(_auth.Requests.Count - before);
        }

        Assert.Equal([1, 1], lookups);
    }

    [Fact]
    public async Task WhoIsAsync_TraceLog_ContainsNoKeyOrToken()
    {
        const string token = "CANARY-platform-token";
        using var folder = new TempFolder();
        _auth.Users[Key] = new { user = new { uid = "alice" }, token };
        _auth.Namespaces["team"] = new { ns = new { owners = new[] { "alice" } } };
        await using var server = await ServerProcess.StartAsync(
            folder, ("GOT_LOG_LEVEL", "trace"), ("GOT_FEAT_ANONYMOUS", ""), ("GOT_PROXY", _auth.Address.ToString()));
        using var client = new HttpClient { BaseAddress = server.Address };

        Assert.Equal(200, await CreateAsync(Key));
        Assert.Equal(403, await CreateAsync("CANARY-wrong-key"));
        _auth.IsOld = true;
        Assert.Equal(403, await CreateAsync("CANARY-other-wrong-key"));
        _auth.Instead = context => context.Response.WriteAsync("""{"CANARY":1}""");
        Assert.Equal(503, await CreateAsync("CANARY-third-key"));
        await server.TerminateAsync();

        Assert.Contains("\"Path\":\"/store\"", server.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("CANARY", server.Output, StringComparison.Ordinal);

        async Task<int> CreateAsync(string key)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/store");
            request.Headers.Add("X-API-Key", key);
            request.Headers.Add("X-API-NS", "team");
            return (int)(await client.SendAsync(request)).StatusCode;
        }
    }

    // As DeploymentAccess computes it, and as anybody can who reads its source.
    private static string DecoyOf(string id) =>
        Convert.ToHexStringLower(
            System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.ASCII.GetBytes(id)))[..12];
}
