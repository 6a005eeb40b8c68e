namespace Goterra.Bench.Load;

/// <summary>What was measured in one round.</summary>
/// <param name="PerSecond">Answers a second; 0 where the round was not about that.</param>
internal sealed record Latencies(double PerSecond, TimeSpan P50, TimeSpan P99, TimeSpan Longest)
{
    public static Latencies Of(List<long> ticks, double perSecond = 0)
    {
        ticks.Sort();
        return new Latencies(perSecond, At(ticks, 0.50), At(ticks, 0.99), At(ticks, 1));
    }

    /// <summary>The median of rounds, each number for itself.</summary>
    public static Latencies Median(IReadOnlyCollection<Latencies> rounds) => new(
        Middle(rounds.Select(round => round.PerSecond)), Middle(
            rounds, round => round.P50), Middle(rounds, round => round.P99), Middle(rounds, round => round.Longest));

    private static TimeSpan At(List<long> sorted, double share) =>
        TimeProvider.System.GetElapsedTime(0, sorted[Math.Min(sorted.Count - 1, (int)(sorted.Count * share))]);

    private static TimeSpan Middle(IEnumerable<Latencies> rounds, Func<Latencies, TimeSpan> time) =>
        TimeSpan.FromTicks((long)Middle(rounds.Select(round => (double)time(round).Ticks)));

    private static double Middle(IEnumerable<double> numbers)
    {
        var sorted = numbers.Order().ToList();
        return sorted[sorted.Count / 2];
    }
}
