using System.Globalization;
using CsCheck;

namespace Goterra.Tests.Contract.Differential;

/// <summary>
/// Runs the same random operations on the embedded store and on Redis, and compares every answer. 200 sequences by
/// default; for more:
/// <code>GOTERRA_DIFFERENTIAL=5000 dotnet test Goterra.Tests --filter FullyQualifiedName~DifferentialTests</code>
/// A failure prints a shrunk sequence, both answers, and a seed. <c>CsCheck_Seed=SEED GOTERRA_DIFFERENTIAL=1</c> runs
/// that sequence alone.
/// </summary>
[Trait("Category", "Contract")]
public sealed class DifferentialTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    private static readonly long Sequences =
        long.TryParse(
            Environment.GetEnvironmentVariable("GOTERRA_DIFFERENTIAL"), CultureInfo.InvariantCulture, out var wanted)
            ? wanted
            : 200;

    [FactWith("redis-server", "faketime")]
    public async Task FindDifferenceAsync_SqliteAndRedis_FindsNone()
    {
        using var clock = new FrozenClock();
        using var folder = new TempFolder();
        await using var redis = await RedisServer.StartAsync(clock, "--appendonly", "no");
        await using var first = await ComparedStore.OnSqliteAsync(folder, clock, ComparedStore.SmallLimits);
        await using var second = await ComparedStore.OnRedisAsync(redis, "redis", clock, ComparedStore.SmallLimits);

        var failure = await FindFailureAsync(new StoreComparison(first, second, clock), Sequences);

        Assert.True(failure is null, failure);
    }

    [FactWith("redis-server", "faketime")]
    public async Task FindDifferenceAsync_DifferentLimits_FindsShortSequence()
    {
        using var clock = new FrozenClock();
        await using var redis = await RedisServer.StartAsync(clock, "--appendonly", "no");
        await using var first = await ComparedStore.OnRedisAsync(redis, "first", clock, ComparedStore.SmallLimits);
        await using var second = await ComparedStore.OnRedisAsync(
            redis, "second", clock, ComparedStore.SmallLimits with { Keys = 1 });

        var failure = await FindFailureAsync(new StoreComparison(first, second, clock), sequences: 50);

        // A deployment and two values are enough.
        Assert.Contains("TooManyKeys", failure, StringComparison.Ordinal);
        Assert.DoesNotContain("  6. ", failure, StringComparison.Ordinal);
    }

    private static async Task<string?> FindFailureAsync(StoreComparison comparison, long sequences)
    {
        Operation[] shortest = [];
        try
        {
            await OperationGenerator.Sequences.SampleAsync(
                async operations =>
                {
                    if (await comparison.FindDifferenceAsync(operations, None) is { } difference)
                        throw new InvalidOperationException(difference.ToString());
                },
                iter: sequences,
                threads: 1,
                print: operations =>
                {
                    shortest = operations;
                    return "";
                });
            return null;
        }
        catch (CsCheckException e)
        {
            var shrunk = await new SequenceShrinker(comparison).ShrinkAsync(shortest, None);
            return $"{e.Message}\n"
                + $"{shrunk?.ToString() ?? "Not seen again when it was repeated: " + e.InnerException?.Message}";
        }
    }
}
