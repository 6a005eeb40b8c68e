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
        Batch? next;
        Batch? full = null;
        int place;
        lock (_gate)
        {
            if (_inFlight.TryAdd(group, null))
            {
                next = null;
                place = 0;
            }
            else
            {
                next = _inFlight[group] ??= new Batch();
                if (!next.TryAdd(item, most, out place))
                {
                    (full, next) = (next, new Batch());
                    next.TryAdd(item, most, out place);
                    _inFlight[group] = next;
                }
            }
        }

        // It has waited enough, and runs beside the call in flight.
        if (full is not null)
            _ = RunAsync(group, full, read);
        return next is null
            ? ReadFirstAsync(group, item, read, cancellationToken)
            : next.ResultAsync(place, cancellationToken);
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
            batch.Results.SetResult(await read(group, batch.Items, CancellationToken.None));
        }
        catch (Exception e)
        {
            batch.Results.SetException(e);
        }
    }

    private sealed class Batch
    {
        private readonly Dictionary<TItem, int> _places = [];
        private readonly List<TItem> _items = [];

        public IReadOnlyList<TItem> Items => _items;

        public TaskCompletionSource<IReadOnlyList<TResult>> Results { get; } =
            new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool TryAdd(TItem item, int most, out int place)
        {
            if (_places.TryGetValue(item, out place))
                return true;
            if (_items.Count >= most)
                return false;

            place = _items.Count;
            _places.Add(item, place);
            _items.Add(item);
            return true;
        }

        public async Task<TResult> ResultAsync(int place, CancellationToken cancellationToken) =>
            (await Results.Task.WaitAsync(cancellationToken))[place];
    }
}
