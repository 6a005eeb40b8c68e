using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Goterra.Bench.Servers;

/// <summary>A server of its own process, with a folder of its own; what it says goes to a file there, as a service's log does.</summary>
internal sealed class ServerProcess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(20);

    private readonly string _folder;
    private readonly Process _process;

    private ServerProcess(string folder, Process process, IPEndPoint endPoint) => (_folder, _process, EndPoint) = (folder, process, endPoint);

    public IPEndPoint EndPoint { get; }

    /// <summary>What the process has taken of the processors so far, in all its threads.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>Memory of the process that is in RAM.</summary>
    public long ResidentBytes => 1024 * long.Parse(
        File.ReadLines($"/proc/{_process.Id}/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
        CultureInfo.InvariantCulture);

    /// <summary>Starts a program, and comes back when its port takes connections.</summary>
    /// <param name="arguments">Given the folder and where to listen.</param>
    public static async Task<ServerProcess> StartAsync(
        string program, Func<string, IPEndPoint, string[]> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        var folder = Directory.CreateTempSubdirectory("goterra-bench-").FullName;
        var endPoint = Programs.FreeEndPoint();
        var start = new ProcessStartInfo("/bin/sh")
        {
            // A pipe would have to be read by the generator; a file costs the server what it costs in life.
            ArgumentList = { "-c", "exec \"$0\" \"$@\" >output.log 2>&1", program },
            WorkingDirectory = folder,
        };
        foreach (var argument in arguments(folder, endPoint))
            start.ArgumentList.Add(argument);
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;

        var server = new ServerProcess(folder, Process.Start(start) ?? throw new IOException($"{program} did not start."), endPoint);
        try
        {
            await server.ListeningAsync(program);
            return server;
        }
        catch
        {
            server.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task ListeningAsync(string program)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (!await TakesConnectionsAsync())
        {
            if (_process.HasExited || TimeProvider.System.GetElapsedTime(start) > Patience)
                throw new IOException($"{program} does not listen. It said: {await File.ReadAllTextAsync(Path.Combine(_folder, "output.log"))}");
            await Task.Delay(Beat, TimeProvider.System);
        }
    }

    private async Task<bool> TakesConnectionsAsync()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(EndPoint);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
