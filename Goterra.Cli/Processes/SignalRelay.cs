using System.Runtime.InteropServices;

namespace Goterra.Cli.Processes;

/// <summary>
/// Catches the signals that would terminate this program, and forwards them. Queues those that arrive before there is a
/// receiver.
/// </summary>
internal sealed class SignalRelay : IDisposable
{
    public const int Kill = 9;
    public const int Terminate = 15;

    private const int Interrupt = 2;
    private const int Quit = 3;
    private const int BrokenPipe = 13;

    // HUP, INT, QUIT, USR1, USR2, TERM, with the numbers of Linux on x64 and arm64.
    private static readonly int[] Caught = [1, Interrupt, Quit, 10, 12, Terminate];

    private readonly Lock _lock = new();
    private readonly Queue<int> _pending = new();
    private readonly List<PosixSignalRegistration> _registrations = [];
    private Action<int>? _receiver;

    public SignalRelay()
    {
        foreach (var number in Caught)
        {
            _registrations.Add(PosixSignalRegistration.Create(ToPosixSignal(number), context =>
            {
                context.Cancel = true;
                Receive(number);
            }));
        }

        // .NET ignores SIGPIPE. Commands would inherit that, and `yes | head` would never end. A handler is not
        // inherited, but .NET only installs one if the signal is not ignored.
        Libc.RestoreBrokenPipeSignal();
        _registrations.Add(PosixSignalRegistration.Create((PosixSignal)BrokenPipe, context => context.Cancel = true));
    }

    public void ForwardTo(Action<int> receiver)
    {
        lock (_lock)
        {
            _receiver = receiver;
            while (_pending.TryDequeue(out var number))
                receiver(number);
        }
    }

    /// <summary>Whether the signal asks a program to terminate, unlike USR1 and USR2.</summary>
    public static bool IsTermination(int number) => number is 1 or Interrupt or Quit or Terminate;

    /// <summary>
    /// Whether a command in the same process group has got the signal too: a terminal sends it to its whole foreground
    /// group, and many programs take a second one as a request to stop without cleaning up.
    /// </summary>
    public static bool IsFromTerminal(int number) => number is Interrupt or Quit && IsInForeground();

    public void Dispose()
    {
        foreach (var registration in _registrations)
            registration.Dispose();
        Libc.IgnoreBrokenPipeSignal();
    }

    private static PosixSignal ToPosixSignal(int number) => number switch
    {
        1 => PosixSignal.SIGHUP,
        Interrupt => PosixSignal.SIGINT,
        Quit => PosixSignal.SIGQUIT,
        Terminate => PosixSignal.SIGTERM,
        _ => (PosixSignal)number,
    };

    private void Receive(int number)
    {
        lock (_lock)
        {
            if (_receiver is null)
                _pending.Enqueue(number);
            else
                _receiver(number);
        }
    }

    private static bool IsInForeground() =>
        ProcessStat.Read("self") is { Group: > 0 } self && self.Group == self.Foreground;
}
