namespace Goterra.Core.Deployments;

/// <summary>
/// Gathers concurrent reads of one group. Callers that arrive while a call is in flight share the next one, never the
/// one in flight: they see every write that was acknowledged before they arrived.
/// </summary>
/// <param name="maxItems">How many items one call may read.</param>
/// <param name="maxWait">
/// How long the next call waits for the one in flight; after that it runs beside it. May be
/// <see cref="Timeout.InfiniteTimeSpan"/>.
/// </param>
/// <param name="time">Measures it.</param>
public sealed class GatheredReads<TGroup, TItem, TResult>(int maxItems, TimeSpan maxWait, TimeProvider time)
    where TGroup : notnull
    where TItem : notnull
{
    private readonly Lock _gate = new();

    // The groups that are being read, each with the batch that is read next if somebody waits for it.
    private readonly Dictionary<TGroup, Batch?> _inFlight = [];

    /// <summary>Reads some items of a group. Returns one result for each, in the same order.</summary>
    public delegate Task<IReadOnlyList<TResult>> Reader(
        TGroup group, IReadOnlyList<TItem> items, CancellationToken cancellationToken);

    /// <param name="group">What a call reads from.</param>
    /// <param name="item">What the caller wants.</param>
    /// <param name="read">The same for all callers of a group. A shared call outlives any single caller.</param>
    /// <param name="cancellationToken">Ends the wait for the result.</param>
    public Task<TResult> ReadAsync(TGroup group, TItem item, Reader read, CancellationToken cancellationToken)
    {
        Task<TResult>? joined = null;
        Batch? full = null;
        lock (_gate)
        {
            if (!_inFlight.TryAdd(group, null))
            {
                var next = _inFlight[group] ??= new Batch();
                joined = next.TryJoin(item, maxItems);
                if (joined is null)
                {
                    full = next;
                    _inFlight[group] = next = new Batch();
                    joined = next.TryJoin(item, maxItems);
                }
            }
        }

        // A full batch does not wait for the call in flight.
        if (full is not null)
            _ = RunAsync(group, full, read);
        return joined is null
            ? ReadFirstAsync(group, item, read, cancellationToken)
            : joined.WaitAsync(cancellationToken);
    }

    private Task<TResult> ReadFirstAsync(
        TGroup group, TItem item, Reader read, CancellationToken cancellationToken)
    {
        var first = ReadAloneAsync();
        _ = ReadForOthersAsync(group, read, first);
        return first;

        async Task<TResult> ReadAloneAsync() => (await read(group, [item], cancellationToken))[0];
    }

    private async Task ReadForOthersAsync(TGroup group, Reader read, Task inFlight)
    {
        await EndOrMaxWaitAsync(inFlight);
        while (TakeNext(group) is { } next)
            await EndOrMaxWaitAsync(RunAsync(group, next, read));
    }

    // How the call ends concerns only its callers.
    private async Task EndOrMaxWaitAsync(Task call) =>
        await call.WaitAsync(maxWait, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    private Batch? TakeNext(TGroup group)
    {
        lock (_gate)
        {
            var next = _inFlight[group];
            if (next is null)
                _inFlight.Remove(group);
            else
                _inFlight[group] = null;
            return next;
        }
    }

    private static async Task RunAsync(TGroup group, Batch batch, Reader read)
    {
        // A call that completes synchronously must not delay the caller that began it.
        await Task.Yield();
        try
        {
            batch.Complete(await read(group, batch.Items, CancellationToken.None));
        }
        catch (Exception e)
        {
            batch.Fail(e);
        }
    }

    private sealed class Batch
    {
        private readonly Dictionary<TItem, TaskCompletionSource<TResult>> _results = [];
        private readonly List<TItem> _items = [];

        public IReadOnlyList<TItem> Items => _items;

        /// <returns>Null if the batch has no room for another item.</returns>
        public Task<TResult>? TryJoin(TItem item, int maxItems)
        {
            if (_results.TryGetValue(item, out var joined))
                return joined.Task;
            if (_items.Count >= maxItems)
                return null;

            var result = new TaskCompletionSource<TResult>(TaskCreationOptions.RunContinuationsAsynchronously);
            _results.Add(item, result);
            _items.Add(item);
            return result.Task;
        }

        public void Complete(IReadOnlyList<TResult> results)
        {
            for (var i = 0; i < _items.Count; i++)
                _results[_items[i]].SetResult(results[i]);
        }

        public void Fail(Exception cause)
        {
            foreach (var result in _results.Values)
                result.TrySetException(cause);
        }
    }
}
