using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Goterra.Tests.Support;

/// <summary>A real redis-server on a free port, with its data in a folder of its own.</summary>
public sealed class RedisServer : IAsyncDisposable
{
    private readonly TempFolder _folder = new();
    private Process? _process;

    private readonly string[] _options;
    private readonly FrozenClock? _clock;

    private RedisServer(int port, FrozenClock? clock, string[] options) =>
        (Port, _clock, _options) = (port, clock, options);

    public static bool IsInstalled { get; } = Programs.Find("redis-server") is not null;

    public int Port { get; private set; }

    /// <param name="options">Beside those for its port and its data.</param>
    public static Task<RedisServer> StartAsync(params string[] options) => StartAsync(clock: null, options);

    /// <summary>Starts one whose time of day comes from the clock.</summary>
    public static async Task<RedisServer> StartAsync(FrozenClock? clock, params string[] options)
    {
        // A port that was free a moment ago may be taken: the server then ends at once, and the next one is tried.
        for (var attempt = 1; ; attempt++)
        {
            var server = new RedisServer(FreePort(), clock, options);
            if (await server.TryRunAsync())
                return server;
            await server.DisposeAsync();
            Assert.True(attempt < 5, "redis-server did not start on any of 5 free ports.");
        }
    }

    /// <summary>Starts it again, on the same port and with the data that it had written.</summary>
    public async Task RestartAsync() => Assert.True(await TryRunAsync(), "redis-server did not start again.");

    /// <summary>Sends one command over a connection of its own.</summary>
    public async Task CommandAsync(string command, params string[] arguments)
    {
        await using var connection = await StackExchange.Redis.ConnectionMultiplexer.ConnectAsync(
            $"127.0.0.1:{Port},allowAdmin=true");
        await connection.GetServer($"127.0.0.1:{Port}").ExecuteAsync(command, arguments);
    }

    /// <summary>The channels that have subscribers, sharded ones included.</summary>
    public async Task<IReadOnlyList<string>> ChannelsAsync()
    {
        await using var connection = await StackExchange.Redis.ConnectionMultiplexer.ConnectAsync(
            $"127.0.0.1:{Port},allowAdmin=true");
        var me = connection.GetServer($"127.0.0.1:{Port}");
        var all = (string[])(await me.ExecuteAsync("PUBSUB", "CHANNELS", "goterra:*"))!;
        return [.. all, .. await ShardedChannelsAsync(me)];
    }

    /// <summary>As a node of a cluster: the sharded channels that have subscribers here.</summary>
    public async Task<IReadOnlyList<string>> ShardedChannelsAsync()
    {
        await using var connection = await StackExchange.Redis.ConnectionMultiplexer.ConnectAsync(
            $"127.0.0.1:{Port},allowAdmin=true");
        return await ShardedChannelsAsync(connection.GetServer($"127.0.0.1:{Port}"));
    }

    private static async Task<string[]> ShardedChannelsAsync(StackExchange.Redis.IServer server) =>
        (string[])(await server.ExecuteAsync("PUBSUB", "SHARDCHANNELS", "goterra:*"))!;

    /// <summary>As a replica: comes back when it has all that its master has.</summary>
    public async Task ReplicatesAsync()
    {
        await using var connection = await StackExchange.Redis.ConnectionMultiplexer.ConnectAsync(
            $"127.0.0.1:{Port},allowAdmin=true");
        await Eventually.Async(async () => (await connection.GetServers()[0].InfoRawAsync("replication"))!.Contains(
            "master_link_status:up", StringComparison.Ordinal));
    }

    /// <summary>As a node of a cluster: comes back when it knows so many, and who has each of the slots.</summary>
    public async Task IsInClusterOfAsync(int nodes)
    {
        await using var connection = await StackExchange.Redis.ConnectionMultiplexer.ConnectAsync(
            $"127.0.0.1:{Port},allowAdmin=true");
        var me = connection.GetServer($"127.0.0.1:{Port}");
        await Eventually.Async(async () =>
        {
            var info = (string)(await me.ExecuteAsync("CLUSTER", "INFO"))!;
            return info.Contains("cluster_state:ok", StringComparison.Ordinal)
                && info.Contains($"cluster_known_nodes:{nodes}", StringComparison.Ordinal);
        });
    }

    /// <summary>kill -9.</summary>
    public async Task KillAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>It stands still, as if its machine did: connections stay, and nothing is answered.</summary>
    public Task PauseAsync()
    {
        Signals.Send(_process!.Id, "STOP");
        return Task.CompletedTask;
    }

    public Task ResumeAsync()
    {
        Signals.Send(_process!.Id, "CONT");
        return Task.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false })
            await KillAsync();
        _process?.Dispose();
        _folder.Dispose();
    }

    private async Task<bool> TryRunAsync()
    {
        var start = new ProcessStartInfo("redis-server")
        {
            RedirectStandardOutput = true,
            ArgumentList =
                { "--port", $"{Port}", "--bind", "127.0.0.1", "--dir", _folder.Path, "--save", "",
                    "--appendonly", "yes", "--appendfsync", "always" },
        };
        foreach (var option in _options)
            start.ArgumentList.Add(option);
        _clock?.ApplyTo(start);
        _process = Process.Start(start)!;
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line.Contains("Ready to accept connections", StringComparison.Ordinal))
            {
                // Read on, so that the pipe never fills.
                _ = _process.StandardOutput.ReadToEndAsync();
                return true;
            }
        }

        return false;
    }

    /// <summary>A port that is free at this moment.</summary>
    public static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
