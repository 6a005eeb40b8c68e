namespace Goterra.Core.Deployments;

/// <summary>
/// Shares concurrent reads of the same key. A caller that arrives while a read is in flight joins the next one, never
/// the one in flight: it sees every write that was acknowledged before it arrived.
/// </summary>
public sealed class SharedReads<TKey, TResult>
    where TKey : notnull
{
    private readonly Lock _gate = new();

    // The keys that are being read, each with the read that follows if somebody waits for it.
    private readonly Dictionary<TKey, TaskCompletionSource<TResult>?> _inFlight = [];

    /// <param name="key">What is read.</param>
    /// <param name="read">The same for all callers of a key. A shared read outlives any single caller.</param>
    /// <param name="cancellationToken">Ends the wait for the result.</param>
    public Task<TResult> ReadAsync(
        TKey key, Func<TKey, CancellationToken, Task<TResult>> read, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (!_inFlight.TryAdd(key, null))
            {
                var next = _inFlight[key] ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
                return next.Task.WaitAsync(cancellationToken);
            }
        }

        return ReadFirstAsync(key, read, cancellationToken);
    }

    private async Task<TResult> ReadFirstAsync(
        TKey key, Func<TKey, CancellationToken, Task<TResult>> read, CancellationToken cancellationToken)
    {
        try
        {
            return await read(key, cancellationToken);
        }
        finally
        {
            _ = ReadForOthersAsync(key, read);
        }
    }

    private async Task ReadForOthersAsync(TKey key, Func<TKey, CancellationToken, Task<TResult>> read)
    {
        while (TakeNext(key) is { } next)
        {
            // A read that completes synchronously must not delay the caller of the one before.
            await Task.Yield();
            try
            {
                next.SetResult(await read(key, CancellationToken.None));
            }
            catch (Exception e)
            {
                next.SetException(e);
            }
        }
    }

    private TaskCompletionSource<TResult>? TakeNext(TKey key)
    {
        lock (_gate)
        {
            var next = _inFlight[key];
            if (next is null)
                _inFlight.Remove(key);
            else
                _inFlight[key] = null;
            return next;
        }
    }
}
