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
    private Action? _handler;
    private bool _pending;

    public ReloadSignal() => _registration = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Handle);

    public void Attach(Action handler)
    {
        lock (_gate)
        {
            _handler = handler;
            if (_pending)
                handler();
            _pending = false;
        }
    }

    /// <summary>Later signals have no effect. Returns when the handler does not run.</summary>
    public void Detach()
    {
        lock (_gate)
        {
            _handler = () => { };
        }
    }

    public void Dispose() => _registration.Dispose();

    private void Handle(PosixSignalContext context)
    {
        context.Cancel = true;
        lock (_gate)
        {
            _handler?.Invoke();
            _pending = _handler is null;
        }
    }
}
