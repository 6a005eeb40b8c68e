namespace Goterra.Core.Deployments;

/// <summary>
/// Shares concurrent reads of the same key, as <see cref="GatheredReads{TGroup,TItem,TResult}"/> does.
/// </summary>
public sealed class SharedReads<TKey, TResult>
    where TKey : notnull
{
    private readonly GatheredReads<TKey, TKey, TResult> _reads = new(
        maxItems: 1, Timeout.InfiniteTimeSpan, TimeProvider.System);

    /// <param name="key">What is read.</param>
    /// <param name="read">The same for all callers of a key. A shared read outlives any single caller.</param>
    /// <param name="cancellationToken">Ends the wait for the result.</param>
    public Task<TResult> ReadAsync(
        TKey key, Func<TKey, CancellationToken, Task<TResult>> read, CancellationToken cancellationToken) =>
        _reads.ReadAsync(key, key, async (only, _, token) => [await read(only, token)], cancellationToken);
}
