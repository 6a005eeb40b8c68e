using System.Net;
using System.Text.Json;

namespace Goterra.Bench.Servers;

/// <summary>The yardstick: a front for Redis in C that turns a path into a command, and checks no token.</summary>
internal sealed class Webdis(ServerProcess process) : ITarget
{
    public const string Program = "webdis";

    public string Name => "webdis";

    public IPEndPoint EndPoint => process.EndPoint;

    public TimeSpan ProcessorTime => process.ProcessorTime;

    public byte[] GetOf(string key) => Request.Of("GET", $"/HGET/bench/{key}");

    public byte[] PutOf(string key) => Request.Of("PUT", $"/HSET/bench/{key}", Request.Value);

    public static async Task<Webdis> StartAsync(
        string program, RedisServer redis) => new(await ServerProcess.StartAsync(program, (folder, at) =>
    {
        var file = Path.Combine(folder, "webdis.json");
        File.WriteAllText(file, JsonSerializer.Serialize(new Dictionary<string, object>
        {
            ["redis_host"] = "127.0.0.1",
            ["redis_port"] = redis.EndPoint.Port,
            ["http_host"] = "127.0.0.1",
            ["http_port"] = at.Port,
            ["threads"] = 2,
            ["daemonize"] = false,
            ["verbosity"] = 0,
            ["logfile"] = Path.Combine(folder, "webdis.log"),
        }));
        return [file];
    }));

    public void Dispose() => process.Dispose();
}
