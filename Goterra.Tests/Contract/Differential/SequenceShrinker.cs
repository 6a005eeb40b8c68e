namespace Goterra.Tests.Contract.Differential;

/// <summary>
/// Removes operations as long as the answers still differ: first halves, then smaller and smaller parts, down to single
/// operations (Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", 2002).
/// </summary>
internal sealed class SequenceShrinker(StoreComparison comparison)
{
    /// <returns>The difference that the shortest sequence shows; null if the whole sequence no longer shows
    /// one.</returns>
    public async Task<Difference?> ShrinkAsync(IReadOnlyList<Operation> operations, CancellationToken cancellationToken)
    {
        var kept = operations.ToList();
        var difference = await comparison.FindDifferenceAsync(kept, cancellationToken);
        for (var part = kept.Count / 2; difference is not null && part > 0;)
        {
            var shorter = false;
            for (var at = 0; at < kept.Count;)
            {
                var rest = kept.Where((_, index) => index < at || index >= at + part).ToList();
                if (rest.Count > 0 && await comparison.FindDifferenceAsync(rest, cancellationToken) is { } still)
                    (kept, difference, shorter) = (rest, still, true);
                else
                    at += part;
            }

            if (part > 1 || !shorter)
                part /= 2;
        }

        return difference;
    }
}
