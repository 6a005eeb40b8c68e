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

/// <summary>
/// A signal that is set once. Those it wakes read through <see cref="ReadAsync"/> and then wait on <see cref="Next"/>,
/// which is armed at the moment the signal is set: a change after the shared read began sets that one, so none is lost
/// in between.
/// </summary>
internal sealed class WakeSignal
{
    private readonly TaskCompletionSource _set = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Dictionary<string, Task>? _reads;
    private WakeSignal? _next;

    /// <summary>Completes when the signal is set.</summary>
    public Task Task => _set.Task;

    public WakeSignal Next => _next ?? throw new InvalidOperationException("The signal is not set.");

    /// <summary>When the signal was set: <see cref="TimeProvider.GetTimestamp"/>.</summary>
    public long SetAt { get; private set; }

    /// <returns>The next signal.</returns>
    public WakeSignal Set(long timestamp)
    {
        SetAt = timestamp;
        _next = new WakeSignal();
        _set.SetResult();
        return _next;
    }

    /// <summary>
    /// Reads once for all who were woken by this signal and pass the same name. The read outlives any single one of
    /// them.
    /// </summary>
    public Task<T> ReadAsync<T>(string name, Func<CancellationToken, Task<T>> read)
    {
        lock (_set)
        {
            _reads ??= [];
            if (!_reads.TryGetValue(name, out var shared))
                _reads.Add(name, shared = read(CancellationToken.None));
            return (Task<T>)shared;
        }
    }
}
