namespace Goterra.Cli.Processes;

/// <summary>
/// Cancels the waits of this program when a signal arrives. While a command runs, it gets the signals instead.
/// </summary>
internal sealed class Interruption : IDisposable
{
    private readonly SignalRelay _signals = new();
    private readonly CancellationTokenSource _cancellation = new();

    public Interruption() => _signals.ForwardTo(Cancel);

    /// <summary>Whether this program or its command was asked to terminate.</summary>
    public bool IsRequested { get; private set; }

    /// <summary>128+n after signal n.</summary>
    public int ExitCode { get; private set; }

    /// <summary>Cancelled by a signal that was not passed on to a command.</summary>
    public CancellationToken Token => _cancellation.Token;

    /// <summary>Passes signals on to a command until the returned object is disposed.</summary>
    public IDisposable RelayTo(ChildProcess child)
    {
        _signals.ForwardTo(signal =>
        {
            IsRequested |= SignalRelay.IsTermination(signal);
            child.Relay(signal);
        });
        // A signal that arrived while the command was being started.
        if (_cancellation.IsCancellationRequested)
            child.Signal(ExitCode - 128);
        return new Relaying(this);
    }

    public void Dispose()
    {
        _signals.Dispose();
        _cancellation.Dispose();
    }

    private void Cancel(int signal)
    {
        IsRequested = true;
        ExitCode = 128 + signal;
        _cancellation.Cancel();
    }

    private sealed class Relaying(Interruption interruption) : IDisposable
    {
        public void Dispose() => interruption._signals.ForwardTo(interruption.Cancel);
    }
}
