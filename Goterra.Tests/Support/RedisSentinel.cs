using System.Diagnostics;
using System.Net;
using StackExchange.Redis;

namespace Goterra.Tests.Support;

/// <summary>
/// A master and its replica, and a real redis-sentinel that makes the replica the master when that is gone.
/// </summary>
public sealed class RedisSentinel : IAsyncDisposable
{
    private const string Service = "goterra";

    private readonly TempFolder _folder = new();
    private readonly int _port = RedisServer.FreePort();
    private Process? _process;

    private RedisSentinel(RedisServer master, RedisServer replica) => (Master, Replica) = (master, replica);

    /// <summary>The master, as it begins.</summary>
    public RedisServer Master { get; }

    public RedisServer Replica { get; }

    // It writes into it what it finds out.
    private string ConfigurationFile => _folder.File("sentinel.conf");

    /// <summary>For servers that find their store by way of the sentinel.</summary>
    public Dictionary<string, string?> Settings => new(RunningServer.On(Master))
    {
        ["GOT_REDIS_PORT"] = $"{_port}",
        ["GOT_REDIS_SENTINEL"] = Service,
    };

    /// <summary>Comes back when a fail-over is possible.</summary>
    public static async Task<RedisSentinel> StartAsync()
    {
        var master = await RedisServer.StartAsync("--repl-diskless-sync-delay", "0");
        var replica = await RedisServer.StartAsync("--replicaof", $"127.0.0.1 {master.Port}");
        var sentinel = new RedisSentinel(master, replica);
        await replica.ReplicatesAsync();
        await File.WriteAllTextAsync(
            sentinel.ConfigurationFile,
            $"""
            port {sentinel._port}
            bind 127.0.0.1
            dir {sentinel._folder.Path}
            sentinel monitor {Service} 127.0.0.1 {master.Port} 1
            sentinel down-after-milliseconds {Service} 1000
            sentinel failover-timeout {Service} 3000

            """);
        await sentinel.RestartAsync();
        return sentinel;
    }

    public async Task RestartAsync()
    {
        _process = Process.Start(
            new ProcessStartInfo("redis-sentinel", [ConfigurationFile]) { RedirectStandardOutput = true })!;
        _ = _process.StandardOutput.ReadToEndAsync();
        await using var connection = await ConnectionMultiplexer.SentinelConnectAsync(
            $"127.0.0.1:{_port},abortConnect=false");
        await Eventually.Async(async () =>
        {
            Assert.False(_process.HasExited, "redis-sentinel has ended.");
            return (await ReplicasAsync(connection)).Any(
                replica => replica.Any(fact => fact is { Key: "flags", Value: "slave" }));
        });
    }

    /// <summary>Begins a planned failover.</summary>
    public async Task FailOverAsync()
    {
        await using var connection = await ConnectionMultiplexer.SentinelConnectAsync($"127.0.0.1:{_port}");
        await connection.GetServers()[0].SentinelFailoverAsync(Service);
    }

    /// <summary>The port of the current master.</summary>
    public async Task<int> MasterPortAsync()
    {
        await using var connection = await ConnectionMultiplexer.SentinelConnectAsync($"127.0.0.1:{_port}");
        return ((IPEndPoint)(await connection.GetServers()[0].SentinelGetMasterAddressByNameAsync(Service))!).Port;
    }

    public async Task KillAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false })
            await KillAsync();
        _process?.Dispose();
        await Replica.DisposeAsync();
        await Master.DisposeAsync();
        _folder.Dispose();
    }

    private static async Task<KeyValuePair<string, string>[][]> ReplicasAsync(ConnectionMultiplexer connection)
    {
        try
        {
            return await connection.GetServers()[0].SentinelReplicasAsync(Service);
        }
        catch (RedisException)
        {
            return [];
        }
    }
}
