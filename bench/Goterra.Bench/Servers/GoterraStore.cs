using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace Goterra.Bench.Servers;

/// <summary>The real goterra-store, configured as it ships, with one deployment and its token.</summary>
internal sealed class GoterraStore : IBarrier
{
    public const string WithRedis = "goterra, Redis";
    public const string Embedded = "goterra, embedded";

    private readonly ServerProcess _process;
    private readonly StoreDeployment _deployment;

    private GoterraStore(string name, ServerProcess process, StoreDeployment deployment) =>
        (Name, _process, _deployment) = (name, process, deployment);

    public string Name { get; }

    public IPEndPoint EndPoint => _process.EndPoint;

    public TimeSpan ProcessorTime => _process.ProcessorTime;

    public byte[]? Armed => null;

    public byte[]? Woken => null;

    public long ResidentBytes => _process.ResidentBytes;

    public long PeakResidentBytes => _process.PeakResidentBytes;

    public string DataFolder => DataFolderOf(_process);

    /// <param name="redis">Null for the embedded store.</param>
    public static async Task<GoterraStore> StartAsync(string program, RedisServer? redis)
    {
        var process = await LaunchAsync(program, redis);
        try
        {
            return new GoterraStore(
                redis is null ? Embedded : WithRedis, process, await CreateDeploymentAsync(process.EndPoint));
        }
        catch
        {
            process.Dispose();
            throw;
        }
    }

    /// <summary>The embedded store, which speaks HTTPS.</summary>
    public static async Task<GoterraStore> StartWithTlsAsync(string program, string certificate, string key)
    {
        var process = await LaunchAsync(program, new Dictionary<string, string>
        {
            ["GOT_WEB_TLS_CERTIFICATE"] = certificate,
            ["GOT_WEB_TLS_KEY"] = key,
        });
        try
        {
            return new GoterraStore(Embedded, process, await CreateDeploymentAsync(process.EndPoint, "https"));
        }
        catch
        {
            process.Dispose();
            throw;
        }
    }

    /// <summary>Only the process, without a deployment; it is ready.</summary>
    /// <param name="redis">Null for the embedded store.</param>
    public static Task<ServerProcess> LaunchAsync(string program, RedisServer? redis) =>
        LaunchAsync(program, redis is null ? new Dictionary<string, string>() : On(redis.EndPoint));

    /// <summary>The settings of a server whose Redis, or sentinel, is there.</summary>
    public static IReadOnlyDictionary<string, string> On(IPEndPoint redis) => new Dictionary<string, string>
    {
        ["GOT_REDIS_HOST"] = "127.0.0.1",
        ["GOT_REDIS_PORT"] = $"{redis.Port}",
    };

    /// <summary>Only the process; without TLS, it is ready.</summary>
    /// <param name="settings">Environment variables beside those of every server here.</param>
    public static Task<ServerProcess> LaunchAsync(string program, IReadOnlyDictionary<string, string> settings)
    {
        var environment =
            new Dictionary<string, string>
            {
                ["GOT_FEAT_ANONYMOUS"] = "1",
                ["GOT_LIMITS_CREATES_PER_MINUTE"] = "100000",
                ["GOT_LIMITS_DEPLOYMENTS_PER_USER"] = "10000000",
                ["GOT_LIMITS_WAITS_PER_ADDRESS"] = "50000",
                ["GOT_LIMITS_CONNECTIONS_PER_ADDRESS"] = "50000",
                ["GOT_SECRET"] = "a secret of the benchmark, longer than 32 bytes",
            };
        foreach (var (name, value) in settings)
            environment[name] = value;

        return ServerProcess.StartAsync(
            program, (_, at) => ["--web.listen", "127.0.0.1", "--web.port", $"{at.Port}"], environment,
            readyPath: settings.ContainsKey("GOT_WEB_TLS_CERTIFICATE") ? null : "/health/ready");
    }

    public static string DataFolderOf(ServerProcess process) => Path.Combine(process.Folder, "data");

    public Task<StoreDeployment> CreateDeploymentAsync() => CreateDeploymentAsync(EndPoint);

    public byte[] GetOf(string key) => _deployment.GetOf(key);

    public byte[] PutOf(string key) => _deployment.PutOf(key);

    public byte[] PutOf(string key, byte[] value) => _deployment.PutOf(key, value);

    public byte[] WaitOf(string key) => _deployment.WaitOf(key);

    public byte[] BarrierOf(string prefix, int count) => _deployment.BarrierOf(prefix, count);

    public byte[]? BarrierSign(string prefix) => null;

    public void Dispose() => _process.Dispose();

    private static async Task<StoreDeployment> CreateDeploymentAsync(IPEndPoint server, string scheme = "http")
    {
        using var handler = new SocketsHttpHandler();
        handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null;
        using var client = new HttpClient(handler) { BaseAddress = new Uri($"{scheme}://{server}") };
        using var response = await client.PostAsJsonAsync("/store", new { name = "bench" });
        response.EnsureSuccessStatusCode();
        var created = await response.Content.ReadFromJsonAsync<JsonElement>();
        return new StoreDeployment(created.GetProperty("id").GetString()!, created.GetProperty("token").GetString()!);
    }
}
