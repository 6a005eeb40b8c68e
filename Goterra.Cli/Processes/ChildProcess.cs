using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace Goterra.Cli.Processes;

/// <summary>Gets what a command writes. False: nobody wants more of it.</summary>
internal delegate bool OutputTap(ReadOnlySpan<byte> bytes);

/// <summary>
/// A command that runs beside this program: in the same process group, and thus in the terminal's foreground, with the same
/// stdin. A stream with a tap goes to that; one without is the command's own.
/// </summary>
internal sealed class ChildProcess : IDisposable
{
    /// <summary>What the command has left running may still hold its streams; nobody waits for that.</summary>
    private static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(2);

    private readonly Process _process;
    private readonly Task _copying;
    private readonly TimeProvider _time;

    private ChildProcess(Process process, OutputTap? output, OutputTap? error, TimeProvider time)
    {
        (_process, _time) = (process, time);
        _copying = Task.WhenAll(
            output is null ? Task.CompletedTask : Task.Run(() => CopyAsync(process.StandardOutput.BaseStream, output)),
            error is null ? Task.CompletedTask : Task.Run(() => CopyAsync(process.StandardError.BaseStream, error)));
        Ended = EndAsync();
    }

    /// <summary>Its exit code when it is over and what it wrote has been passed on; 128 and its number where a signal ended it.</summary>
    public Task<int> Ended { get; }

    public int Id => _process.Id;

    /// <exception cref="CannotStartException">It could not be started.</exception>
    public static ChildProcess Start(ChildCommand command, OutputTap? output, OutputTap? error, TimeProvider time)
    {
        var program = command.FindProgram();
        // With a folder before it: without one, .NET looks for it in places of its own.
        var start = new ProcessStartInfo(Path.Combine(Environment.CurrentDirectory, program)) { RedirectStandardOutput = output is not null, RedirectStandardError = error is not null };
        foreach (var word in command.Words.Skip(1))
            start.ArgumentList.Add(word);
        start.Environment.Clear();
        foreach (var (name, value) in command.Environment.Variables)
            start.Environment[name] = Encoding.UTF8.GetString(value);

        try
        {
            return new ChildProcess(
                Process.Start(start) ?? throw new CannotStartException(CannotStartException.NotExecutable, $"{program}: not started"), output, error, time);
        }
        catch (Win32Exception problem)
        {
            throw CannotStartException.From(problem.NativeErrorCode, program, new Win32Exception(problem.NativeErrorCode).Message);
        }
    }

    /// <summary>For signals that reach this program alone.</summary>
    public void Relay(int signal)
    {
        if (!SignalRelay.IsFromTerminal(signal))
            Signal(signal);
    }

    public void Signal(int signal)
    {
        if (!Ended.IsCompleted && !_process.HasExited)
            _ = Libc.Kill(_process.Id, signal);
    }

    public void Dispose() => _process.Dispose();

    private async Task<int> EndAsync()
    {
        await _process.WaitForExitAsync();
        await Task.WhenAny(_copying, Task.Delay(DrainTime, _time));
        return _process.ExitCode;
    }

    private static async Task CopyAsync(Stream from, OutputTap tap)
    {
        var buffer = new byte[16384];
        while (await from.ReadAsync(buffer) is var count and > 0)
        {
            if (tap(buffer.AsSpan(0, count)))
                continue;
            // Nobody reads us: let the command find out, as it would if it wrote there itself.
            await from.DisposeAsync();
            return;
        }
    }
}
