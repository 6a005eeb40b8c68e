namespace Goterra.Cli.Processes;

/// <summary>A signal that comes in ends what this program waits for; while a command runs, it goes to that.</summary>
internal sealed class Interruption : IDisposable
{
    private readonly SignalRelay _signals = new();
    private readonly CancellationTokenSource _told = new();

    public Interruption() => _signals.To(End);

    /// <summary>Whether this program, or the command that it ran, was told to end.</summary>
    public bool HasCome { get; private set; }

    /// <summary>Of a program that a signal has ended.</summary>
    public int ExitCode { get; private set; }

    /// <summary>Cancelled by a signal that no command got.</summary>
    public CancellationToken Token => _told.Token;

    /// <summary>Until the end of what it gives back.</summary>
    public IDisposable RelayTo(ChildProcess child)
    {
        _signals.To(signal =>
        {
            HasCome |= SignalRelay.Ends(signal);
            child.Relay(signal);
        });
        // One that came while it was being started.
        if (_told.IsCancellationRequested)
            child.Signal(ExitCode - 128);
        return new Relaying(this);
    }

    public void Dispose()
    {
        _signals.Dispose();
        _told.Dispose();
    }

    private void End(int signal)
    {
        HasCome = true;
        ExitCode = 128 + signal;
        _told.Cancel();
    }

    private sealed class Relaying(Interruption interruption) : IDisposable
    {
        public void Dispose() => interruption._signals.To(interruption.End);
    }
}
