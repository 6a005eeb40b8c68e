using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Goterra.Api.Configuration;
using Goterra.Api.Hosting;
using Goterra.Core.Waiting;
using Goterra.Infrastructure.Sqlite;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;

namespace Goterra.Tests.Support;

/// <summary>The real application in this process, on a port of its own, with its data in a folder of its own.</summary>
public sealed class RunningServer : IAsyncDisposable
{
    private readonly TempFolder _folder;
    private readonly WebApplication _app;
    private readonly bool _ownsFolder;
    private readonly ConcurrentBag<TestDeployment> _opened = [];

    private RunningServer(WebApplication app, TempFolder folder, bool ownsFolder)
    {
        (_app, _folder, _ownsFolder) = (app, folder, ownsFolder);
        Address = new Uri(
            app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        Client = new HttpClient { BaseAddress = Address, Timeout = Timeout.InfiniteTimeSpan };
    }

    public Uri Address { get; }

    /// <summary>Without credentials.</summary>
    public HttpClient Client { get; }

    public IServiceProvider Services => _app.Services;

    /// <param name="settings">Over the defaults of the tests: anonymous creation, the embedded store.</param>
    /// <param name="folder">Where the data is, if it shall outlive this server.</param>
    /// <param name="yaml">What only a file can say.</param>
    public static async Task<RunningServer> StartAsync(
        IReadOnlyDictionary<string, string?>? settings = null,
        TempFolder? folder = null,
        TimeProvider? time = null,
        Action<IServiceCollection>? replace = null,
        string? yaml = null)
    {
        var data = folder ?? new TempFolder();
        if (yaml is not null)
            await File.WriteAllTextAsync(data.File("goterra-store.yml"), yaml);
        var environment =
            new Dictionary<string, string?>
            {
                ["GOT_FEAT_ANONYMOUS"] = "1",
                ["GOT_WEB_PORT"] = "0",
                ["GOT_LIMITS_CREATES_PER_MINUTE"] = "100000",
                ["GOT_LIMITS_DEPLOYMENTS_PER_USER"] = "1000000",
                ["GOT_LOG_LEVEL"] = "error",
            };
        foreach (var (name, value) in settings ?? new Dictionary<string, string?>())
            environment[name] = value;

        var app = StoreHost.Build(
            ServerConfiguration.Load(ServerArguments.Parse([]), environment, data.Path), time, replace);
        await app.StartAsync();
        return new RunningServer(app, data, ownsFolder: folder is null);
    }

    /// <summary>Settings for a server of several that share one Redis.</summary>
    public static Dictionary<string, string?> On(RedisServer redis) => new()
    {
        ["GOT_REDIS_HOST"] = "127.0.0.1",
        ["GOT_REDIS_PORT"] = $"{redis.Port}",
        ["GOT_SECRET"] = "a secret of the tests, longer than 32 bytes",
    };

    public static Dictionary<string, string?> On(RedisCluster cluster) =>
        new(On(cluster.Nodes[0])) { ["GOT_REDIS_HOST"] = cluster.Hosts };

    public async Task<TestDeployment> CreateAsync(object? body = null)
    {
        using var response = await Client.PostAsJsonAsync("/store", body ?? new { });
        Assert.Equal(200, (int)response.StatusCode);
        var created = await response.Content.ReadFromJsonAsync<JsonElement>();
        return Open(created.GetProperty("id").GetString()!, created.GetProperty("token").GetString()!);
    }

    /// <summary>Sends a request with an API key.</summary>
    public async Task<Reply> AsAsync(
        string apiKey, HttpMethod method, string path, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path);
        if (method == HttpMethod.Put)
            request.Content = new StringContent("""{"key":"k","value":"v"}""");
        request.Headers.TryAddWithoutValidation("X-API-Key", apiKey);
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        return await Reply.OfAsync(await Client.SendAsync(request));
    }

    public Task<Reply> CreateAsAsync(string apiKey, string? ns = null) =>
        AsAsync(apiKey, HttpMethod.Post, "/store", ns is null ? [] : [("X-API-NS", ns)]);

    /// <summary>A deployment that exists, as seen through this server.</summary>
    public TestDeployment Open(string id, string token)
    {
        var deployment = new TestDeployment(Address, id, token);
        _opened.Add(deployment);
        return deployment;
    }

    /// <summary>
    /// Comes back when so many waits have read, found nothing and wait now; with none, nothing of them is left behind
    /// either.
    /// </summary>
    public async Task WaitersAsync(int count)
    {
        var list = Services.GetRequiredService<WaitRegistry>();
        var hub = Services.GetRequiredService<ChangeHub>();
        await Eventually.Async(() => list.Count == count && (count > 0 || hub.Watches == 0));
    }

    /// <summary>Counts the deployments in the embedded store.</summary>
    public Task<long> CountDeploymentsAsync() => Services.GetRequiredService<SqliteStore>().ReadAsync(
        session => session.First("SELECT count(*) FROM deployments", row => row.Number(0)));

    public Task StopAsync() => _app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        // A stop waits for connections in use.
        Client.Dispose();
        foreach (var deployment in _opened)
            deployment.Disconnect();
        await _app.StopAsync();
        await _app.DisposeAsync();
        if (_ownsFolder)
            _folder.Dispose();
    }
}

/// <summary>A deployment and a client that carries its token.</summary>
public sealed class TestDeployment
{
    private readonly HttpClient _client;

    public TestDeployment(Uri server, string id, string token)
    {
        (Server, Id, Token) = (server, id, token);
        _client = new HttpClient { BaseAddress = new Uri(server, $"/store/{id}/"), Timeout = Timeout.InfiniteTimeSpan };
        _client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    public Uri Server { get; }

    public string Id { get; }

    public string Token { get; }

    /// <summary>Closes its connections. It cannot be used any more.</summary>
    public void Disconnect() => _client.Dispose();

    /// <summary>Sends a request to a key of the deployment, or to <c>?query</c> of the deployment itself.</summary>
    public Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string key, HttpContent? content = null, params (string Name, string Value)[] headers)
    {
        var target = key.Length == 0 || key.StartsWith('?') ? $"/store/{Id}{key}" : key;
        var request = new HttpRequestMessage(method, target) { Content = content };
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        return _client.SendAsync(request);
    }

    public async Task<Reply> GetAsync(string key, params (string Name, string Value)[] headers) =>
        await Reply.OfAsync(await SendAsync(HttpMethod.Get, key, null, headers));

    public Task<Reply> PutAsync(string key, string value, params (string Name, string Value)[] headers) =>
        PutAsync(key, System.Text.Encoding.UTF8.GetBytes(value), headers);

    public async Task<Reply> PutAsync(string key, byte[] value, params (string Name, string Value)[] headers) =>
        await Reply.OfAsync(await SendAsync(HttpMethod.Put, key, new ByteArrayContent(value), headers));

    /// <summary>POST to what stands beside the keys: token, revoke, fail...</summary>
    public async Task<Reply> PostAsync(string action, string? json = null) => await Reply.OfAsync(
        await SendAsync(
            HttpMethod.Post, action,
            json is null ? null : new StringContent(json, System.Text.Encoding.UTF8, "application/json")));

    public async Task<Reply> DeleteAsync(string key = "", params (string Name, string Value)[] headers) =>
        await Reply.OfAsync(await SendAsync(HttpMethod.Delete, key, null, headers));
}

/// <summary>An answer, read to its end.</summary>
public sealed record Reply(int Status, string? Type, string? ETag, byte[] Bytes, HttpResponseMessage Message)
{
    public string Text => System.Text.Encoding.UTF8.GetString(Bytes);

    public JsonElement Json => JsonDocument.Parse(Bytes).RootElement;

    /// <summary>The sentence of a problem.</summary>
    public string Detail => Json.GetProperty("detail").GetString()!;

    public static async Task<Reply> OfAsync(HttpResponseMessage message) => new(
        (int)message.StatusCode,
        message.Content.Headers.ContentType?.MediaType,
        message.Headers.ETag?.ToString(),
        await message.Content.ReadAsByteArrayAsync(),
        message);
}
