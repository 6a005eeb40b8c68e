namespace Goterra.Core.Waiting;

/// <summary>An armed watch. Disposing of it removes it.</summary>
public sealed class Watch : IDisposable
{
    private static readonly TimeSpan MaxSubscribing = TimeSpan.FromSeconds(5);

    private readonly ChangeHub _hub;
    private readonly Interest _interest;
    private readonly string? _network;
    private bool _disposed;

    internal Watch(ChangeHub hub, Interest interest, WakeSignal signal, Task subscribed, string? network)
    {
        _hub = hub;
        _interest = interest;
        _network = network;
        Subscribed = subscribed;
        Signal = signal;
    }

    internal int Era { get; init; }

    /// <summary>Its wait or stream has to end, though nothing else ends it.</summary>
    internal bool IsOver => _hub.IsOver(Era);

    /// <summary>Completes when the changes of other instances arrive. The first read comes after it.</summary>
    internal Task Subscribed { get; }

    /// <summary>
    /// Waits for <see cref="Subscribed"/>, at most for a limit: while the store cannot be reached, a wait ends in time
    /// all the same, and a later confirmation or recheck signals the watch. Does not throw.
    /// </summary>
    internal async Task WaitForSubscriptionAsync(
        TimeSpan limit, TimeProvider time, CancellationToken cancellationToken) =>
        await Subscribed.WaitAsync(limit < MaxSubscribing ? limit : MaxSubscribing, time, cancellationToken)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    /// <summary>The signal that this watch waits for.</summary>
    internal WakeSignal Signal { get; set; }

    internal bool IsSignaled => Signal.Task.IsCompleted;

    public void Dispose()
    {
        if (_disposed)
            return;

        _disposed = true;
        _hub.Leave(_interest, _network);
    }

    /// <summary>If the signal is set: arms the next one, and reads together with all who were woken by it.</summary>
    /// <returns>Null if the signal is not set, or the caller gave up before the read ended: thousands of clients that
    /// disconnect at once must not cause as many exceptions.</returns>
    internal async Task<T?> ReadAsync<T>(
        string name, Func<CancellationToken, Task<T>> read, CancellationToken cancellationToken)
        where T : class
    {
        if (!IsSignaled)
            return null;

        var signal = Signal;
        Signal = signal.Next;
        var shared = signal.ReadAsync(name, read);
        await ((Task)shared).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return shared.IsCompleted ? await shared : null;
    }
}
