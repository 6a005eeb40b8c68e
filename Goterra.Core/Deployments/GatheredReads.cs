namespace Goterra.Core.Deployments;

/// <summary>
/// Gathers concurrent reads of one group. Callers that arrive while a call is in flight share the next one, never the
/// one in flight: they see every write that was acknowledged before they arrived.
/// </summary>
/// <param name="most">How many items one call may read.</param>
public sealed class GatheredReads<TGroup, TItem, TResult>(int most)
    where TGroup : notnull
    where TItem : notnull
{
    private readonly Lock _gate = new();

    // The groups that are being read, each with the batch that is read next if somebody waits for it.
    private readonly Dictionary<TGroup, Batch?> _inFlight = [];

    /// <summary>Reads some items of a group. Returns one result for each, in the same order.</summary>
    public delegate Task<IReadOnlyList<TResult>> Reader(
        TGroup group, IReadOnlyList<TItem> items, CancellationToken cancellationToken);

    /// <param name="group">What is read by one call at a time.</param>
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
                joined = next.TryJoin(item, most);
                if (joined is null)
                {
                    full = next;
                    _inFlight[group] = next = new Batch();
                    joined = next.TryJoin(item, most);
                }
            }
        }

        // It has waited enough, and runs beside the call in flight.
        if (full is not null)
            _ = RunAsync(group, full, read);
        return joined is null
            ? ReadFirstAsync(group, item, read, cancellationToken)
            : joined.WaitAsync(cancellationToken);
    }

    private async Task<TResult> ReadFirstAsync(
        TGroup group, TItem item, Reader read, CancellationToken cancellationToken)
    {
        try
        {
            return (await read(group, [item], cancellationToken))[0];
        }
        finally
        {
            _ = ReadForOthersAsync(group, read);
        }
    }

    private async Task ReadForOthersAsync(TGroup group, Reader read)
    {
        while (TakeNext(group) is { } next)
            await RunAsync(group, next, read);
    }

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
        public Task<TResult>? TryJoin(TItem item, int most)
        {
            if (_results.TryGetValue(item, out var joined))
                return joined.Task;
            if (_items.Count >= most)
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
