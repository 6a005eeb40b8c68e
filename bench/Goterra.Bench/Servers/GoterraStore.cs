using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace Goterra.Bench.Servers;

/// <summary>The real goterra-store, configured as it ships, with one deployment and its token.</summary>
internal sealed class GoterraStore : IWakeable
{
    private readonly ServerProcess _process;
    private readonly string _deployment;
    private readonly string _authorization;

    private GoterraStore(string name, ServerProcess process, string deployment, string token)
    {
        (Name, _process, _deployment, _authorization) = (name, process, deployment, $"Authorization: Bearer {token}");
        (Get, Put) = (GetOf("token"), PutOf("token"));
    }

    public string Name { get; }

    public IPEndPoint EndPoint => _process.EndPoint;

    public TimeSpan ProcessorTime => _process.ProcessorTime;

    public byte[] Get { get; }

    public byte[] Put { get; }

    public byte[]? Armed => null;

    public byte[]? Woken => null;

    public long ResidentBytes => _process.ResidentBytes;

    /// <param name="redis">Null for the embedded store.</param>
    public static async Task<GoterraStore> StartAsync(string program, RedisServer? redis)
    {
        var environment = new Dictionary<string, string> { ["GOT_FEAT_ANONYMOUS"] = "1", ["GOT_SECRET"] = "a secret of the benchmark, longer than 32 bytes" };
        if (redis is not null)
            (environment["GOT_REDIS_HOST"], environment["GOT_REDIS_PORT"]) = ("127.0.0.1", $"{redis.EndPoint.Port}");

        var process = await ServerProcess.StartAsync(program, (_, at) => ["--web.listen", "127.0.0.1", "--web.port", $"{at.Port}"], environment);
        using var client = new HttpClient { BaseAddress = new Uri($"http://{process.EndPoint}") };
        using var response = await client.PostAsJsonAsync("/store", new { name = "bench" });
        response.EnsureSuccessStatusCode();
        var created = await response.Content.ReadFromJsonAsync<JsonElement>();
        return new GoterraStore(
            redis is null ? "goterra, embedded" : "goterra, Redis", process, created.GetProperty("id").GetString()!, created.GetProperty("token").GetString()!);
    }

    public byte[] GetOf(string key) => Request.Of("GET", Path(key), null, _authorization);

    public byte[] PutOf(string key) => Request.Of("PUT", Path(key), Request.Value, _authorization, "Content-Type: application/octet-stream");

    public byte[] WaitOf(string key) => Request.Of("GET", Path(key) + "?wait=10m", null, _authorization);

    public void Dispose() => _process.Dispose();

    private string Path(string key) => $"/store/{_deployment}/{key}";
}
