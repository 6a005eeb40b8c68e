using System.Runtime.InteropServices;

namespace Goterra.Api.Hosting;

/// <summary>
/// Handles SIGHUP, which ends a process by default, from the start to the end of this one. A signal that comes before
/// there is a handler is kept for it.
/// </summary>
internal sealed class ReloadSignal : IDisposable
{
    private readonly Lock _gate = new();
    private readonly PosixSignalRegistration _registration;
    private volatile Action? _handler;
    private volatile bool _pending;

    public ReloadSignal() => _registration = PosixSignalRegistration.Create(PosixSignal.SIGHUP, context =>
    {
        context.Cancel = true;
        _pending = true;
        Handle();
    });

    public void Attach(Action handler)
    {
        _handler = handler;
        Handle();
    }

    /// <summary>Later signals have no effect. Returns when the handler does not run.</summary>
    public void Detach()
    {
        _handler = null;
        lock (_gate)
        {
        }
    }

    public void Dispose() => _registration.Dispose();

    // Each signal has a thread of its own. The handler runs once more for all that come while it runs.
    private void Handle()
    {
        while (_pending && _handler is not null && _gate.TryEnter())
        {
            try
            {
                _pending = false;
                _handler?.Invoke();
            }
            finally
            {
                _gate.Exit();
            }
        }
    }
}
