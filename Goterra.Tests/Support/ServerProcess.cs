using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;

namespace Goterra.Tests.Support;

/// <summary>The real goterra-store as a process of its own, in a folder of its own.</summary>
public sealed partial class ServerProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly TaskCompletionSource<Uri> _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _reading;

    private ServerProcess(Process process)
    {
        _process = process;
        _reading = Task.WhenAll(ReadAsync(process.StandardOutput), ReadAsync(process.StandardError)).ContinueWith(
            _ => _listening.TrySetException(new InvalidOperationException("goterra-store ended: " + Output)),
            TaskScheduler.Default);
    }

    public int Id => _process.Id;

    public Uri Address { get; private set; } = null!;

    /// <summary>Everything that it has written so far.</summary>
    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    public static async Task<ServerProcess> StartAsync(
        TempFolder folder, params (string Name, string Value)[] environment)
    {
        var server = new ServerProcess(
            Launch(
                folder,
                [],
                [
                    ("GOT_FEAT_ANONYMOUS", "1"), ("GOT_WEB_PORT", "0"), ("GOT_LIMITS_CREATES_PER_MINUTE", "100000"),
                    ("GOT_LIMITS_DEPLOYMENTS_PER_USER", "1000000"),
                    .. environment,
                ]));
        server.Address = await server._listening.Task;
        return server;
    }

    /// <summary>Starts it with a limit on its open files.</summary>
    public static async Task<ServerProcess> StartWithFilesAsync(TempFolder folder, int files)
    {
        var start = StartOf(folder, [], [("GOT_FEAT_ANONYMOUS", "1"), ("GOT_WEB_PORT", "0")]);
        List<string> words = ["-c", $"ulimit -n {files}; exec \"$@\"", "sh", start.FileName, .. start.ArgumentList];
        start.FileName = "sh";
        start.ArgumentList.Clear();
        words.ForEach(start.ArgumentList.Add);
        var server = new ServerProcess(Process.Start(start)!);
        server.Address = await server._listening.Task;
        return server;
    }

    /// <summary>Starts it with arguments of its own, and waits for nothing.</summary>
    public static ServerProcess Launch(TempFolder folder, params string[] args) =>
        new(Launch(folder, args, environment: []));

    /// <summary>Runs it to its end, for starts that must fail.</summary>
    public static async Task<(
        int ExitCode,
        string Output)> RunAsync(TempFolder folder, string[] args, params (string Name, string Value)[] environment)
    {
        await using var server = new ServerProcess(Launch(folder, args, environment));
        _ = server._listening.Task.ContinueWith(task => task.Exception, TaskScheduler.Default);
        await server.WaitForExitAsync();
        return (server._process.ExitCode, server.Output);
    }

    public async Task<TestDeployment> CreateAsync()
    {
        using var client = new HttpClient { BaseAddress = Address };
        var created = (await Reply.OfAsync(await client.PostAsync("/store", null))).Json;
        return new TestDeployment(
            Address, created.GetProperty("id").GetString()!, created.GetProperty("token").GetString()!);
    }

    /// <summary>kill -9.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await WaitForExitAsync();
    }

    /// <summary>kill -15, and its exit code.</summary>
    public async Task<int> TerminateAsync()
    {
        Signals.Send(Id, "TERM");
        await WaitForExitAsync();
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            await KillAsync();
        _process.Dispose();
    }

    private static Process Launch(TempFolder folder, string[] args, (string Name, string Value)[] environment) =>
        Process.Start(StartOf(folder, args, environment))!;

    private static ProcessStartInfo StartOf(
        TempFolder folder, string[] args, (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(
            "dotnet", [Path.Combine(AppContext.BaseDirectory, "goterra-store.dll"), .. args])
        {
            WorkingDirectory = folder.Path,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var name in start.Environment.Keys.Where(
            name => name.StartsWith("GOT_", StringComparison.Ordinal)).ToList())
            start.Environment.Remove(name);
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        return start;
    }

    private async Task WaitForExitAsync()
    {
        await _process.WaitForExitAsync();
        await _reading;
    }

    private async Task ReadAsync(StreamReader reader)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            lock (_output)
            {
                _output.AppendLine(line);
            }

            if (Listening().Match(line) is { Success: true } match)
                _listening.TrySetResult(new Uri(match.Groups[1].Value));
        }
    }

    [GeneratedRegex(@"Now listening on: \W*(http://127\.0\.0\.1:\d+)")]
    private static partial Regex Listening();
}
