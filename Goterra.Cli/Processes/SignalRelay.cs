using System.Runtime.InteropServices;

namespace Goterra.Cli.Processes;

/// <summary>Catches the signals that would end this program, for somebody else to act on. What comes before there is somebody is kept.</summary>
internal sealed class SignalRelay : IDisposable
{
    public const int Kill = 9;
    public const int Terminate = 15;

    private const int Interrupt = 2;
    private const int Quit = 3;
    private const int BrokenPipe = 13;

    // HUP, INT, QUIT, USR1, USR2, TERM, with the numbers of Linux on x64 and arm64.
    private static readonly int[] Caught = [1, Interrupt, Quit, 10, 12, Terminate];

    private readonly Lock _state = new();
    private readonly Queue<int> _kept = new();
    private readonly List<PosixSignalRegistration> _registrations = [];
    private Action<int>? _receiver;

    public SignalRelay()
    {
        foreach (var number in Caught)
        {
            _registrations.Add(PosixSignalRegistration.Create(Named(number), context =>
            {
                context.Cancel = true;
                Receive(number);
            }));
        }

        // Ignored, as .NET has it, it would stay so in the command, and `yes | head` in there go on for ever. What is caught is not handed down,
        // but .NET catches nothing that is ignored.
        Libc.StopIgnoringBrokenPipes();
        _registrations.Add(PosixSignalRegistration.Create((PosixSignal)BrokenPipe, context => context.Cancel = true));
    }

    /// <summary>From now on they go to <paramref name="receiver"/>.</summary>
    public void To(Action<int> receiver)
    {
        lock (_state)
        {
            _receiver = receiver;
            while (_kept.TryDequeue(out var number))
                receiver(number);
        }
    }

    /// <summary>Whether it asks a program to end, and not for something of the program's own, as USR1 and USR2 do.</summary>
    public static bool Ends(int number) => number is 1 or Interrupt or Quit or Terminate;

    /// <summary>
    /// Whether a command in the same process group has it already: a terminal sends it to the whole group in its foreground,
    /// and the command would take a second one for impatience.
    /// </summary>
    public static bool IsFromTerminal(int number) => number is Interrupt or Quit && IsInForeground();

    public void Dispose()
    {
        foreach (var registration in _registrations)
            registration.Dispose();
        Libc.IgnoreBrokenPipes();
    }

    private static PosixSignal Named(int number) => number switch
    {
        1 => PosixSignal.SIGHUP,
        Interrupt => PosixSignal.SIGINT,
        Quit => PosixSignal.SIGQUIT,
        Terminate => PosixSignal.SIGTERM,
        _ => (PosixSignal)number,
    };

    private void Receive(int number)
    {
        lock (_state)
        {
            if (_receiver is null)
                _kept.Enqueue(number);
            else
                _receiver(number);
        }
    }

    private static bool IsInForeground() => ProcessStat.Read("self") is { Group: > 0 } self && self.Group == self.Foreground;
}
