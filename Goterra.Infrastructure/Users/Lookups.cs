using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Caching.Memory;

namespace Goterra.Infrastructure.Users;

/// <summary>Remembers what another service answered, for a short time and not without bound; and asks for each thing once at a time, whoever wants to know.</summary>
internal sealed class Lookups<T>(TimeProvider time) : IDisposable
{
    private const int MostRemembered = 10_000;

    private readonly MemoryCache _answers = new(new MemoryCacheOptions { SizeLimit = MostRemembered });
    private readonly ConcurrentDictionary<string, Lazy<Task<T>>> _asking = [];

    /// <param name="what">What is asked for; a hash where it is a secret.</param>
    /// <param name="ask">Asks, and says how long the answer is to be remembered. It goes on when the first who wanted to know has given up.</param>
    public async Task<T> GetAsync(string what, Func<Task<(T Answer, TimeSpan Remember)>> ask, CancellationToken cancellationToken)
    {
        if (TryRecall(what, out var known))
            return known;

        var asking = _asking.GetOrAdd(what, _ => new Lazy<Task<T>>(() => AskAsync(what, ask)));
        return await asking.Value.WaitAsync(cancellationToken);
    }

    /// <summary>Whether the answer is still remembered.</summary>
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
            _answers.Set(what, new Remembered(answer, time.GetUtcNow() + remember), new MemoryCacheEntryOptions { Size = 1, AbsoluteExpirationRelativeToNow = remember });
            return answer;
        }
        finally
        {
            _asking.TryRemove(what, out _);
        }
    }

    private sealed record Remembered(T Answer, DateTimeOffset Until);
}
