using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Goterra.Bench.Load;

namespace Goterra.Bench.Servers;

/// <summary>
/// A server in its own process and its own temporary folder. Its output goes to a file there, like the log of a
/// service.
/// </summary>
internal sealed partial class ServerProcess : IDisposable
{
    private const int SigKill = 9;
    private const int SigTerm = 15;
    private const int SigCont = 18;
    private const int SigStop = 19;

    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan RecheckInterval = TimeSpan.FromMilliseconds(5);

    private readonly ProcessStartInfo _start;
    private readonly byte[]? _readiness;
    private Process? _process;

    private ServerProcess(ProcessStartInfo start, IPEndPoint endPoint, byte[]? readiness) =>
        (_start, EndPoint, _readiness) = (start, endPoint, readiness);

    public IPEndPoint EndPoint { get; }

    public string Folder => _start.WorkingDirectory;

    /// <summary>From the start of the process until it was ready, the last time that it was started.</summary>
    public TimeSpan ReadyAfter { get; private set; }

    /// <summary>Processor time that the process has used so far, in all its threads.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            Running.Refresh();
            return Running.TotalProcessorTime;
        }
    }

    /// <summary>Memory of the process that is in RAM now.</summary>
    public long ResidentBytes => Status("VmRSS:");

    /// <summary>The most that <see cref="ResidentBytes"/> has been.</summary>
    public long PeakResidentBytes => Status("VmHWM:");

    public int Threads => Directory.GetDirectories($"/proc/{Running.Id}/task").Length;

    public int OpenFiles => Directory.GetFileSystemEntries($"/proc/{Running.Id}/fd").Length;

    private string Name => _start.ArgumentList[2];

    private Process Running => _process ?? throw new InvalidOperationException("The server was not started.");

    /// <summary>Starts a program and returns when it is ready.</summary>
    /// <param name="arguments">Given the folder and where to listen.</param>
    /// <param name="readyPath">The server is ready when it answers a GET of this path with 200; null: when it accepts
    /// connections.</param>
    public static async Task<ServerProcess> StartAsync(
        string program, Func<string, IPEndPoint, string[]> arguments,
        IReadOnlyDictionary<string, string>? environment = null, string? readyPath = null)
    {
        var folder = Directory.CreateTempSubdirectory("goterra-bench-").FullName;
        var endPoint = Programs.FreeEndPoint();
        var start = new ProcessStartInfo("/bin/sh")
        {
            // A pipe would have to be read by the generator; a file costs the server what it costs in production.
            ArgumentList = { "-c", "exec \"$0\" \"$@\" >>output.log 2>&1", program },
            WorkingDirectory = folder,
        };
        foreach (var argument in arguments(folder, endPoint))
            start.ArgumentList.Add(argument);
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;

        var server = new ServerProcess(start, endPoint, readyPath is null ? null : Request.Of("GET", readyPath));
        try
        {
            await server.StartAsync();
            return server;
        }
        catch
        {
            server.Dispose();
            throw;
        }
    }

    /// <summary>Stops the server with SIGTERM and starts it again after a while in the same folder.</summary>
    public Task RestartAsync(TimeSpan down) => RestartAsync(SigTerm, down);

    /// <summary>Ends the server with SIGKILL and starts it again after a while in the same folder.</summary>
    public Task CrashAsync(TimeSpan down) => RestartAsync(SigKill, down);

    /// <summary>Stops the process, so that it does nothing and keeps its connections.</summary>
    public async Task PauseAsync(TimeSpan duration)
    {
        Signal(SigStop);
        await Task.Delay(duration, TimeProvider.System);
        Signal(SigCont);
    }

    public void Dispose()
    {
        if (_process is not null)
        {
            if (!_process.HasExited)
                _process.Kill();
            _process.WaitForExit();
            _process.Dispose();
        }

        Directory.Delete(Folder, recursive: true);
    }

    private async Task StartAsync()
    {
        var startedAt = TimeProvider.System.GetTimestamp();
        _process = Process.Start(_start) ?? throw new IOException($"{Name} did not start.");
        while (!IsReady())
        {
            if (Running.HasExited || TimeProvider.System.GetElapsedTime(startedAt) > StartTimeout)
                throw new IOException(
                    $"{Name} is not ready. Its output: "
                    + $"{await File.ReadAllTextAsync(Path.Combine(Folder, "output.log"))}");
            await Task.Delay(RecheckInterval, TimeProvider.System);
        }

        ReadyAfter = TimeProvider.System.GetElapsedTime(startedAt);
    }

    private async Task RestartAsync(int signal, TimeSpan down)
    {
        Signal(signal);
        await Running.WaitForExitAsync().WaitAsync(StopTimeout, TimeProvider.System);
        Running.Dispose();
        await Task.Delay(down, TimeProvider.System);
        await StartAsync();
    }

    private void Signal(int signal)
    {
        if (NativeKill(Running.Id, signal) != 0)
            throw new Win32Exception(Marshal.GetLastPInvokeError());
    }

    private bool IsReady()
    {
        try
        {
            using var connection = new BlockingConnection(EndPoint);
            return _readiness is null || connection.Exchange(_readiness) == 200;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private long Status(string name) => 1024 * long.Parse(
        File.ReadLines($"/proc/{Running.Id}/status").First(
            line => line.StartsWith(
                name, StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
        CultureInfo.InvariantCulture);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int NativeKill(int process, int signal);
}
