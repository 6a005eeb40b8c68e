using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace Goterra.Cli.Processes;

/// <summary>Receives output of a command. Returns false if no more is wanted.</summary>
internal delegate bool OutputSink(ReadOnlySpan<byte> bytes);

/// <summary>
/// A running command, in the process group of this program (and so in the terminal's foreground) and with the same
/// stdin. Output without a sink goes to the stream of this program.
/// </summary>
internal sealed class ChildProcess : IDisposable
{
    /// <summary>
    /// How long to read output after the command has exited. Processes that it leaves behind may keep its streams open.
    /// </summary>
    private static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(2);

    private readonly Process _process;
    private readonly Task _copying;
    private readonly TimeProvider _time;

    private ChildProcess(Process process, OutputSink? output, OutputSink? error, TimeProvider time)
    {
        (_process, _time) = (process, time);
        _copying = Task.WhenAll(
            output is null ? Task.CompletedTask : Task.Run(() => CopyAsync(process.StandardOutput.BaseStream, output)),
            error is null ? Task.CompletedTask : Task.Run(() => CopyAsync(process.StandardError.BaseStream, error)));
        Exited = WaitAsync();
    }

    /// <summary>The exit code, once all output has been passed on; 128+n if signal n ended the command.</summary>
    public Task<int> Exited { get; }

    public int Id => _process.Id;

    /// <exception cref="CommandStartException">The command could not be started.</exception>
    public static ChildProcess Start(ChildCommand command, OutputSink? output, OutputSink? error, TimeProvider time)
    {
        var program = command.FindProgram();
        // With a folder: without one, .NET searches for the program in its own way.
        var start = new ProcessStartInfo(Path.Combine(Environment.CurrentDirectory, program))
        {
            RedirectStandardOutput = output is not null,
            RedirectStandardError = error is not null,
        };
        foreach (var word in command.Words.Skip(1))
            start.ArgumentList.Add(word);
        start.Environment.Clear();
        foreach (var (name, value) in command.Environment.Variables)
            start.Environment[name] = Encoding.UTF8.GetString(value);
        try
        {
            var process = Process.Start(start)
                ?? throw new CommandStartException(CommandStartException.NotExecutable, $"{program}: not started");
            return new ChildProcess(process, output, error, time);
        }
        catch (Win32Exception exception)
        {
            var message = new Win32Exception(exception.NativeErrorCode).Message;
            throw CommandStartException.From(exception.NativeErrorCode, program, message);
        }
    }

    /// <summary>
    /// Passes on a signal that was sent to this program, unless the command got it from the terminal too.
    /// </summary>
    public void Relay(int signal)
    {
        if (!SignalRelay.IsFromTerminal(signal))
            Signal(signal);
    }

    public void Signal(int signal)
    {
        if (!Exited.IsCompleted && !_process.HasExited)
            _ = Libc.Kill(_process.Id, signal);
    }

    public void Dispose() => _process.Dispose();

    private async Task<int> WaitAsync()
    {
        await _process.WaitForExitAsync();
        await Task.WhenAny(_copying, Task.Delay(DrainTimeout, _time));
        return _process.ExitCode;
    }

    private static async Task CopyAsync(Stream from, OutputSink sink)
    {
        var buffer = new byte[16384];
        while (await from.ReadAsync(buffer) is var count and > 0)
        {
            if (sink(buffer.AsSpan(0, count)))
                continue;
            // Nobody reads this program's output. The closed pipe lets the command find out.
            await from.DisposeAsync();
            return;
        }
    }
}
