namespace Goterra.Core.Waiting;

/// <summary>All watches of one interest in this process: they are woken together and share what they read then.</summary>
/// <remarks>Not safe for concurrent use by itself: <see cref="ChangeHub"/> holds its lock around every call.</remarks>
internal sealed class Topic : IDisposable
{
    private readonly ITimer _beat;

    public Topic(TimeProvider time, Action<Topic> onBeat)
    {
        _beat = time.CreateTimer(_ => onBeat(this), null, NextBeat(), Timeout.InfiniteTimeSpan);
    }

    public int Watches { get; set; }

    /// <summary>The signal that the next change will give.</summary>
    public Wake Current { get; private set; } = new();

    public void Signal()
    {
        Current = Current.Fire();
        _beat.Change(NextBeat(), Timeout.InfiniteTimeSpan);
    }

    public void Dispose() => _beat.Dispose();

    // Jittered, so that the topics of a process that lost its feed do not read in step.
    private static TimeSpan NextBeat() => TimeSpan.FromMilliseconds(System.Security.Cryptography.RandomNumberGenerator.GetInt32(10_000, 30_000));
}

/// <summary>
/// One signal, given once. Whoever was woken by it reads by way of <see cref="ReadAsync"/> and waits on <see cref="Next"/>, which was armed in the
/// very moment of the signal: a change after the shared read began is on it, so none is lost between two signals.
/// </summary>
internal sealed class Wake
{
    private readonly TaskCompletionSource _signal = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Dictionary<Type, Task>? _shared;
    private Wake? _next;

    public Task Signalled => _signal.Task;

    public Wake Next => _next ?? throw new InvalidOperationException("The signal was not given yet.");

    public Wake Fire()
    {
        _next = new Wake();
        _signal.SetResult();
        return _next;
    }

    /// <summary>Reads once for all who were woken by this signal and read the same, after it was given. The reading outlives any of them.</summary>
    public Task<T> ReadAsync<T>(Func<CancellationToken, Task<T>> read)
    {
        lock (_signal)
        {
            _shared ??= [];
            if (!_shared.TryGetValue(typeof(T), out var shared))
                _shared.Add(typeof(T), shared = read(CancellationToken.None));
            return (Task<T>)shared;
        }
    }
}
