using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Caching.Memory;

namespace Goterra.Infrastructure.Users;

/// <summary>A short-lived, bounded cache of answers from another service, with one request in flight per key.</summary>
internal sealed class Lookups<T>(TimeProvider time) : IDisposable
{
    private const int MaxCached = 10_000;

    private readonly MemoryCache _answers = new(new MemoryCacheOptions { SizeLimit = MaxCached });
    private readonly ConcurrentDictionary<string, Lazy<Task<T>>> _asking = [];

    /// <param name="what">The cache key; a hash if it is secret.</param>
    /// <param name="ask">Returns the answer and how long to cache it. Continues after the first caller has given
    /// up.</param>
    public async Task<T> GetAsync(
        string what, Func<Task<(T Answer, TimeSpan Remember)>> ask, CancellationToken cancellationToken)
    {
        if (TryRecall(what, out var known))
            return known;

        var asking = _asking.GetOrAdd(what, _ => new Lazy<Task<T>>(() => AskAsync(what, ask)));
        return await asking.Value.WaitAsync(cancellationToken);
    }

    /// <summary>Gets a cached answer.</summary>
    public bool TryRecall(string what, [MaybeNullWhen(false)] out T answer)
    {
        var recalled = _answers.TryGetValue(what, out Remembered? known) && time.GetUtcNow() < known!.Until;
        answer = recalled ? known!.Answer : default;
        return recalled;
    }

    public void Dispose() => _answers.Dispose();

    private async Task<T> AskAsync(string what, Func<Task<(T Answer, TimeSpan Remember)>> ask)
    {
        try
        {
            var (answer, remember) = await ask();
            _answers.Set(
                what,
                new Remembered(answer, time.GetUtcNow() + remember),
                new MemoryCacheEntryOptions { Size = 1, AbsoluteExpirationRelativeToNow = remember });
            return answer;
        }
        finally
        {
            _asking.TryRemove(what, out _);
        }
    }

    private sealed record Remembered(T Answer, DateTimeOffset Until);
}
