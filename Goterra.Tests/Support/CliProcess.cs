using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.RegularExpressions;

namespace Goterra.Tests.Support;

/// <summary>Runs the built client in its own process.</summary>
internal sealed class CliProcess : IDisposable
{
    private readonly Process _process;
    private readonly MemoryStream _output = new();
    private readonly SemaphoreSlim _more = new(0);
    private readonly TaskCompletionSource _firstOutput = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _copying;
    private readonly Task<string> _errors;
    private bool _isDisposed;

    private CliProcess(Process process)
    {
        _process = process;
        _copying = CopyAsync(process.StandardOutput.BaseStream);
        _errors = process.StandardError.ReadToEndAsync();
    }

    /// <summary>The built program, in the output directory of the tests.</summary>
    public static string ProgramPath { get; } = Path.Combine(AppContext.BaseDirectory, "goterra-cli");

    public int Id => _process.Id;

    /// <summary>Whether it has written to stdout.</summary>
    public bool HasSpoken => _output.Length > 0;

    /// <summary>Runs it until it exits, with these GOT_ variables only.</summary>
    public static async Task<CliRun> RunAsync(
        IEnumerable<string> args, IReadOnlyDictionary<string, string>? variables = null, byte[]? input = null)
    {
        using var process = Start(args, variables, input);
        return await process.WaitAsync();
    }

    public static CliProcess Start(
        IEnumerable<string> args, IReadOnlyDictionary<string, string>? variables = null, byte[]? input = null)
    {
        var start = new ProcessStartInfo(ProgramPath, args)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardErrorEncoding = Encoding.UTF8,
        };
        var own = start.Environment.Keys.Where(name => name.StartsWith("GOT_", StringComparison.Ordinal)).ToList();
        foreach (var inherited in own)
            start.Environment.Remove(inherited);
        foreach (var (name, value) in variables ?? new Dictionary<string, string>())
            start.Environment[name] = value;

        var process = Process.Start(start) ?? throw new InvalidOperationException("not started");
        try
        {
            process.StandardInput.BaseStream.Write(input ?? []);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It has exited without reading.
        }

        return new CliProcess(process);
    }

    public async Task<CliRun> WaitAsync()
    {
        await _copying;
        var errors = await _errors;
        await _process.WaitForExitAsync();
        return new CliRun(_process.ExitCode, _output.ToArray(), errors);
    }

    /// <summary>Completes when stdout matches.</summary>
    public async Task SaysAsync([StringSyntax(StringSyntaxAttribute.Regex)] string pattern)
    {
        using var deadline = new CancellationTokenSource(Eventually.Deadline, TimeProvider.System);
        while (true)
        {
            var isOver = _copying.IsCompleted;
            if (Regex.IsMatch(OutputSoFar(), pattern))
                return;
            Assert.False(
                isOver || deadline.IsCancellationRequested, $"It has not said {pattern} but:\n{OutputSoFar()}");
            await Task.WhenAny(_copying, _more.WaitAsync(deadline.Token));
        }
    }

    /// <summary>Returns stdout as soon as there is any.</summary>
    public async Task<string> WaitForOutputAsync()
    {
        await FirstOutputAsync();
        return OutputSoFar();
    }

    /// <summary>Completes when it has written to stdout.</summary>
    public Task FirstOutputAsync() => _firstOutput.Task;

    private async Task CopyAsync(Stream output)
    {
        var buffer = new byte[4096];
        while (await output.ReadAsync(buffer) is var count and > 0)
        {
            lock (_output)
            {
                _output.Write(buffer, 0, count);
            }

            _firstOutput.TrySetResult();
            _more.Release();
        }
    }

    private string OutputSoFar()
    {
        lock (_output)
        {
            return Encoding.UTF8.GetString(_output.GetBuffer(), 0, (int)_output.Length);
        }
    }

    public void Dispose()
    {
        if (_isDisposed)
            return;
        _isDisposed = true;
        if (!_process.HasExited)
            _process.Kill();
        _process.Dispose();
        _output.Dispose();
        _more.Dispose();
    }
}
