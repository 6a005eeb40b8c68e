namespace Goterra.Core.Waiting;

/// <summary>
/// All watches of one interest in this process. One signal wakes them, and they share the read that follows.
/// </summary>
/// <remarks>Not thread-safe: <see cref="ChangeHub"/> holds a lock around every call, except of
/// <see cref="Recheck"/>.</remarks>
internal sealed class WatchGroup : IDisposable
{
    private static readonly TimeSpan MinRecheckInterval = TimeSpan.FromSeconds(10);

    private readonly Lock _gate;
    private readonly RecheckWheel _rechecks;
    private readonly TimeProvider _time;
    private readonly int _slot;
    private long _signaledAt;

    /// <param name="gate">The lock.</param>
    /// <param name="rechecks">Calls <see cref="Recheck"/> until the group is disposed of.</param>
    public WatchGroup(Lock gate, RecheckWheel rechecks, TimeProvider time)
    {
        (_gate, _rechecks, _time, _signaledAt) = (gate, rechecks, time, time.GetTimestamp());
        _slot = rechecks.Add(this);
    }

    public int Watches { get; set; }

    /// <summary>The signal that the next change sets.</summary>
    public WakeSignal Current { get; private set; } = new();

    public void Signal()
    {
        _signaledAt = _time.GetTimestamp();
        Current = Current.Set(_signaledAt);
    }

    /// <summary>Signals, unless there was a signal recently.</summary>
    public void Recheck()
    {
        lock (_gate)
        {
            if (Watches > 0 && _time.GetElapsedTime(_signaledAt) >= MinRecheckInterval)
                Signal();
        }
    }

    public void Dispose() => _rechecks.Remove(this, _slot);
}
