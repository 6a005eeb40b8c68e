using System.Security.Cryptography;

namespace Goterra.Core.Waiting;

/// <summary>
/// All watches of one interest in this process. One signal wakes them, and they share the read that follows.
/// </summary>
/// <remarks>Not thread-safe: <see cref="ChangeHub"/> holds its lock around every call.</remarks>
internal sealed class WatchGroup : IDisposable
{
    private readonly ITimer _recheck;

    private readonly TimeProvider _time;

    public WatchGroup(TimeProvider time, Action<WatchGroup> onRecheck)
    {
        _time = time;
        _recheck = time.CreateTimer(_ => onRecheck(this), null, RecheckInterval(), Timeout.InfiniteTimeSpan);
    }

    public int Watches { get; set; }

    /// <summary>The signal that the next change sets.</summary>
    public WakeSignal Current { get; private set; } = new();

    public void Signal()
    {
        Current = Current.Set(_time.GetTimestamp());
        _recheck.Change(RecheckInterval(), Timeout.InfiniteTimeSpan);
    }

    public void Dispose() => _recheck.Dispose();

    // With jitter, so that the groups of a process that lost its change feed do not all read at once.
    private static TimeSpan RecheckInterval() =>
        TimeSpan.FromMilliseconds(RandomNumberGenerator.GetInt32(10_000, 30_000));
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
