using System.Net;

namespace Goterra.Bench.Servers;

/// <summary>A redis-server with an append-only file.</summary>
internal sealed class RedisServer(ServerProcess process) : IDisposable
{
    public const string Program = "redis-server";

    public IPEndPoint EndPoint => process.EndPoint;

    /// <param name="fsync">When it syncs the file: once a second, as most do, or <c>always</c>.</param>
    public static async Task<RedisServer> StartAsync(string fsync = "everysec") => new(await ServerProcess.StartAsync(
        Programs.Find(Program) ?? throw new IOException("redis-server is not installed."),
        (folder, at) =>
        [
            "--port", $"{at.Port}", "--bind", "127.0.0.1", "--dir", folder, "--save", "",
            "--appendonly", "yes", "--appendfsync", fsync,
        ]));

    /// <summary>Ends it with SIGKILL and starts it again after a while.</summary>
    public Task CrashAsync(TimeSpan down) => process.CrashAsync(down);

    /// <summary>Ends it with SIGTERM and starts it again after a while.</summary>
    public Task RestartAsync(TimeSpan down) => process.RestartAsync(down);

    public Task PauseAsync(TimeSpan duration) => process.PauseAsync(duration);

    public void Dispose() => process.Dispose();
}
