using System.Runtime.InteropServices;

namespace Goterra.Api.Hosting;

/// <summary>
/// SIGHUP, from the beginning of the process: by default it would end it. A signal that comes before there is a handler
/// is kept for it.
/// </summary>
internal sealed class HangUps : IDisposable
{
    private readonly Lock _gate = new();
    private readonly PosixSignalRegistration _registration;
    private Action? _handler;
    private bool _pending;

    public HangUps() => _registration = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Handle);

    public void Attach(Action handler)
    {
        lock (_gate)
        {
            _handler = handler;
            if (!_pending)
                return;
            _pending = false;
        }

        handler();
    }

    public void Dispose() => _registration.Dispose();

    private void Handle(PosixSignalContext context)
    {
        context.Cancel = true;
        Action? handler;
        lock (_gate)
        {
            handler = _handler;
            _pending = handler is null;
        }

        handler?.Invoke();
    }
}
