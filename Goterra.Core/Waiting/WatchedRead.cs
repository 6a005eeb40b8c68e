namespace Goterra.Core.Waiting;

/// <summary>Something that is read again whenever its watch is signalled.</summary>
/// <param name="watch">Null where nobody waits: then it is never signalled.</param>
internal abstract class WatchedRead(Watch? watch) : IDisposable
{
    private static readonly Task Never = new TaskCompletionSource().Task;

    protected Watch? Watch => watch;

    public Task Signalled => watch?.Wake.Signalled ?? Never;

    /// <summary>Reads for this one alone.</summary>
    public abstract Task ReadAsync(CancellationToken cancellationToken);

    /// <summary>If the signal was given: arms the next one, and reads together with all who were woken by it.</summary>
    public abstract Task FollowAsync(CancellationToken cancellationToken);

    public void Dispose() => watch?.Dispose();
}

/// <summary>A watched read and what it gave last.</summary>
/// <param name="read">The same for all watches of the interest: what one of them reads after a signal, all of them get.</param>
internal sealed class WatchedRead<T>(Watch? watch, Func<CancellationToken, Task<T>> read) : WatchedRead(watch)
    where T : class
{
    private T? _last;

    public T Last => _last ?? throw new InvalidOperationException("Nothing was read yet.");

    public override async Task ReadAsync(CancellationToken cancellationToken) => _last = await read(cancellationToken);

    public override async Task FollowAsync(CancellationToken cancellationToken)
    {
        if (Watch is not { Wake: { Signalled.IsCompleted: true } wake })
            return;

        Watch.Wake = wake.Next;
        _last = await wake.ReadAsync(read).WaitAsync(cancellationToken);
    }
}
