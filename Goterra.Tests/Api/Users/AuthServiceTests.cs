using System.Security.Cryptography;
using System.Text;
using Goterra.Core.Access;
using Goterra.Core.Model;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Goterra.Tests.Api.Users;

/// <summary>Users whom the auth service knows, in both of its versions, and on its bad days.</summary>
[Trait("Category", "Api")]
public sealed partial class AuthServiceTests : IAsyncLifetime
{
    private const string Key = "CANARY-api-key-of-alice";

    private AuthService _auth = null!;

    public async Task InitializeAsync() => _auth = await AuthService.StartAsync();

    public async Task DisposeAsync() => await _auth.DisposeAsync();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task WhoIsAsync_KnownKey_ReturnsUser(bool old)
    {
        _auth.IsOld = old;
        _auth.Users[Key] = old
            ? new { uid = "alice", admin = false }
            : new
            {
                user = new { uid = "alice", admin = false, logged = true, email = "a@example.org" },
                token = "platform",
            };
        await using var server = await RunningServer.StartAsync(_auth.Settings());

        var mine = await server.CreateAsAsync(Key);
        var list = await server.AsAsync(Key, HttpMethod.Get, "/store/-/deployments");
        var unknown = await server.AsAsync("another key", HttpMethod.Post, "/store");

        Assert.Equal(200, mine.Status);
        Assert.Equal(
            mine.Json.GetProperty("id").GetString(),
            Assert.Single(list.Json.GetProperty("deployments").EnumerateArray()).GetProperty("id").GetString());
        Assert.Equal(403, unknown.Status);
        Assert.Equal(401, (await Reply.OfAsync(await server.Client.PostAsync("/store", null))).Status);
    }

    [Fact]
    public async Task WhoIsAsync_AskedAgain_IsCached60SecondsOr5ForUnknown()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var server = await RunningServer.StartAsync(_auth.Settings(), time: time);
        var users = server.Services.GetRequiredService<IUserDirectory>();

        Assert.Null(await users.FindByApiKeyAsync(Key, default));
        _auth.Users[Key] = new { user = new { uid = "alice" } };
        Assert.Null(await users.FindByApiKeyAsync(Key, default));
        Assert.Single(_auth.Requests);
        time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(new Owner("auth", "alice"), (await users.FindByApiKeyAsync(Key, default))!.Identity);
        time.Advance(TimeSpan.FromSeconds(59));
        Assert.NotNull(await users.FindByApiKeyAsync(Key, default));
        Assert.Equal(2, _auth.Requests.Count);
        _auth.Users.Clear();
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(await users.FindByApiKeyAsync(Key, default));
        Assert.Equal(3, _auth.Requests.Count);
    }

    [Fact]
    public async Task WhoIsAsync_Concurrent_AsksOnceEvenIfFirstGivesUp()
    {
        var answer = new TaskCompletionSource();
        _auth.Instead = async context =>
        {
            await answer.Task;
            await context.Response.WriteAsJsonAsync(new { uid = "alice" });
        };
        await using var server = await RunningServer.StartAsync(_auth.Settings());
        var users = server.Services.GetRequiredService<IUserDirectory>();
        using var impatient = new CancellationTokenSource();

        var first = users.FindByApiKeyAsync(Key, impatient.Token);
        var others = Enumerable.Range(0, 50).Select(_ => users.FindByApiKeyAsync(Key, default)).ToList();
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        answer.SetResult();

        Assert.All(await Task.WhenAll(others), user => Assert.Equal("alice", user!.Identity.Uid));
        Assert.Single(_auth.Requests);
    }

    [Theory]
    [InlineData("status 500")]
    [InlineData("no uid")]
    [InlineData("a uid that is no text")]
    [InlineData("a uid with a line break")]
    [InlineData("a uid without end")]
    [InlineData("no JSON")]
    [InlineData("a huge body")]
    [InlineData("a redirect")]
    [InlineData("hangs up")]
    public async Task WhoIsAsync_ServiceBroken_Is503AndTokensStillWork(string how)
    {
        _auth.Users[Key] = new { user = new { uid = "alice" } };
        await using var server = await RunningServer.StartAsync(_auth.Settings());
        var created = await server.CreateAsAsync(Key);
        var deployment = server.Open(
            created.Json.GetProperty("id").GetString()!, created.Json.GetProperty("token").GetString()!);
        _auth.Instead = context => LieAsync(context, how);

        var reply = await server.AsAsync("key-of-bob", HttpMethod.Post, "/store");

        Assert.Equal(503, reply.Status);
        Assert.NotEmpty(reply.Message.Headers.GetValues("Retry-After"));
        Assert.Contains("auth service", reply.Detail, StringComparison.Ordinal);
        Assert.Equal(200, (await deployment.PutAsync("k", "v")).Status);
        Assert.Equal(200, (await deployment.PostAsync("token")).Status);
        Assert.DoesNotContain(_auth.Requests, request => request.Contains("/elsewhere", StringComparison.Ordinal));
    }

    [Fact]
    public async Task WhoIsAsync_ServiceDown_OpensCircuitBreaker()
    {
        _auth.Instead = context =>
        {
            context.Response.StatusCode = 500;
            return Task.CompletedTask;
        };
        await using var server = await RunningServer.StartAsync(_auth.Settings());
        for (var i = 0; i < 30; i++)
            Assert.Equal(503, (await server.AsAsync($"key-{i}", HttpMethod.Post, "/store")).Status);

        // Each would ask twice, were it not for the circuit breaker.
        Assert.InRange(_auth.Requests.Count, 10, 30);
    }

    [Fact]
    public async Task WhoIsAsync_WrongKeysFromOneAddress_OnlyTheyAreThrottled()
    {
        _auth.Users[Key] = new { user = new { uid = "alice" } };
        await using var server = await RunningServer.StartAsync(
            new Dictionary<string, string?>(_auth.Settings()) { ["GOT_LIMITS_FAILED_ATTEMPTS"] = "5" });
        var created = await server.CreateAsAsync(Key);
        var token = server.Open(
            created.Json.GetProperty("id").GetString()!, created.Json.GetProperty("token").GetString()!);

        Reply reply;
        for (var i = 0; (reply = await server.AsAsync(
            $"guess-{i}", HttpMethod.Get, "/store/-/deployments")).Status == 403; i++)
            Assert.True(i < 100);
        var asked = _auth.Requests.Count;

        Assert.Equal((429, "failed_attempts"), (reply.Status, reply.Json.GetProperty("limit").GetString()));
        Assert.NotEmpty(reply.Message.Headers.GetValues("Retry-After"));
        Assert.Equal(429, (await server.AsAsync("one more", HttpMethod.Get, $"/store/{token.Id}")).Status);
        Assert.Equal(asked, _auth.Requests.Count);
        Assert.Equal(200, (await server.AsAsync(Key, HttpMethod.Get, "/store/-/deployments")).Status);
        Assert.Equal(200, (await token.GetAsync("")).Status);
    }

    [Fact]
    public async Task FindConfigured_WhileKeysAreGuessed_IsNotThrottled()
    {
        const string mine = "a-key-in-the-configuration";
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(mine)));
        await using var server = await RunningServer.StartAsync(
            new Dictionary<string, string?> { ["GOT_FEAT_ANONYMOUS"] = "", ["GOT_LIMITS_FAILED_ATTEMPTS"] = "1" },
            yaml: $"users: [{{ uid: alice, key_sha256: {hash} }}]");
        Assert.Equal(403, (await server.CreateAsAsync("a guess")).Status);
        Assert.Equal(429, (await server.CreateAsAsync("another guess")).Status);

        Assert.Equal(200, (await server.CreateAsAsync(mine)).Status);
    }

    [Fact]
    public async Task WhoIsAsync_ForwardedFor_CountsOnlyFromTrustedProxies()
    {
        await using var trusting = await RunningServer.StartAsync(
            new Dictionary<string, string?>(_auth.Settings()) { ["GOT_LIMITS_FAILED_ATTEMPTS"] = "1" },
            yaml: "web:\n  trusted_proxies: [127.0.0.1]\n");
        await using var other = await RunningServer.StartAsync(
            new Dictionary<string, string?>(_auth.Settings()) { ["GOT_LIMITS_FAILED_ATTEMPTS"] = "1" });

        Assert.Equal(
            new List<int> { 403, 403, 429, 429 },
            await GuessAsync(trusting, "10.0.0.1", "10.0.0.2", "10.0.0.1", "10.0.0.2"));
        Assert.Equal(new List<int> { 403, 429 }, await GuessAsync(other, "10.0.0.1", "10.0.0.2"));
        Assert.Equal(
            new List<int> { 403, 429, 403 },
            await GuessAsync(trusting, "2001:db8:1:1::1", "2001:db8:1:1:ffff::2", "2001:db8:1:2::1"));
    }

    private static async Task<List<int>> GuessAsync(RunningServer server, params string[] from)
    {
        var statuses = new List<int>();
        foreach (var address in from)
            statuses.Add(
                (await server.AsAsync(
                    "guess " + statuses.Count, HttpMethod.Post, "/store", ("X-Forwarded-For", address))).Status);
        return statuses;
    }

    private static async Task LieAsync(HttpContext context, string how)
    {
        var response = context.Response;
        switch (how)
        {
            case "status 500":
                response.StatusCode = 500;
                break;
            case "no uid":
                await response.WriteAsJsonAsync(new { user = new { admin = true } });
                break;
            case "a uid that is no text":
                await response.WriteAsJsonAsync(new { user = new { uid = 7, admin = true } });
                break;
            case "a uid with a line break":
                await response.WriteAsJsonAsync(new { user = new { uid = "a\nb" } });
                break;
            case "a uid without end":
                await response.WriteAsJsonAsync(new { user = new { uid = new string('a', 10_000) } });
                break;
            case "no JSON":
                await response.WriteAsync("<html>login</html>");
                break;
            case "a huge body":
                await response.WriteAsync("""{"uid":"bob","x":" """ + new string('x', 1_000_000) + "\"}");
                break;
            case "a redirect":
                response.Redirect("/elsewhere");
                break;
            case "hangs up":
                context.Abort();
                break;
        }
    }
}
