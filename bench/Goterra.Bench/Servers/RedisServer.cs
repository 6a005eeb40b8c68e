using System.Net;

namespace Goterra.Bench.Servers;

/// <summary>A redis-server that writes its log once a second, as most do.</summary>
internal sealed class RedisServer(ServerProcess process) : IDisposable
{
    public const string Program = "redis-server";

    public IPEndPoint EndPoint => process.EndPoint;

    public static async Task<RedisServer> StartAsync() => new(await ServerProcess.StartAsync(
        Programs.Find(Program) ?? throw new IOException("redis-server is not installed."),
        (folder, at) => ["--port", $"{at.Port}", "--bind", "127.0.0.1", "--dir", folder, "--save", "", "--appendonly",
            "yes", "--appendfsync", "everysec"]));

    public void Dispose() => process.Dispose();
}
