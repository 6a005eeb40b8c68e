namespace Goterra.Core.Waiting;

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
