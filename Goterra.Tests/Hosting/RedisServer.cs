using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Goterra.Tests.Hosting;

/// <summary>A real redis-server on a free port, with its data in a folder of its own.</summary>
public sealed class RedisServer : IAsyncDisposable
{
    private readonly TempFolder _folder = new();
    private Process? _process;

    private RedisServer(int port) => Port = port;

    public static bool IsInstalled { get; } = Programs.Find("redis-server") is not null;

    public int Port { get; private set; }

    public static async Task<RedisServer> StartAsync()
    {
        // A port that was free a moment ago may be taken: the server then ends at once, and the next one is tried.
        for (var attempt = 1; ; attempt++)
        {
            var server = new RedisServer(FreePort());
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
        await using var connection = await StackExchange.Redis.ConnectionMultiplexer.ConnectAsync($"127.0.0.1:{Port},allowAdmin=true");
        await connection.GetDatabase().ExecuteAsync(command, arguments);
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
        _folder.Dispose();
    }

    private async Task<bool> TryRunAsync()
    {
        var start = new ProcessStartInfo("redis-server")
        {
            RedirectStandardOutput = true,
            ArgumentList = { "--port", $"{Port}", "--bind", "127.0.0.1", "--dir", _folder.Path, "--save", "", "--appendonly", "yes", "--appendfsync", "always" },
        };
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

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
