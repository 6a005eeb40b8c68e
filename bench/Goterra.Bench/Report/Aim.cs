namespace Goterra.Bench.Report;

/// <summary>One line of the table of aims.</summary>
/// <param name="AtLeast">Whether more is better.</param>
/// <param name="Found">Null where the yardstick is not installed, or the part was not run.</param>
internal sealed record Aim(string What, bool AtLeast, double Bound, double? Found, string Unit)
{
    private const double BytesPerKilobyte = 1024;

    public string Verdict => Found switch
    {
        null => "not measured",
        var found when (AtLeast && found >= Bound) || (!AtLeast && found <= Bound) => "met",
        _ => "NOT met",
    };

    /// <summary>The aims for one store: those of the issue that asked for this benchmark.</summary>
    public static IEnumerable<Aim> Of(Results results, string target) =>
    [
        Rate(results, target, "GET", "webdis", 0.75),
        Rate(results, target, "GET", "etcd", 3),
        Rate(results, target, "PUT", "webdis", 0.5),
        Rate(results, target, "PUT", "etcd", 2),
        new("wake-up p50 / p50 of a PUT alone", false, 2, results.Wake(target, 1) is { } wake ? wake.Woken.P50 / wake.Alone.P50 : null, ""),
        new("wake-up p50 / that of an etcd watch", false, 1,
            results.Wake(target, 1) is { } mine && results.Wake("etcd", 1) is { } theirs ? mine.Woken.P50 / theirs.Woken.P50 : null, ""),
        new($"memory per idle wait, {results.MostHeld(target)?.Waits:N0} held", false, 16, results.MostHeld(target)?.BytesPerWait / BytesPerKilobyte, "KB"),
        new("PUT p50 beside them / without", false, 1.2, results.MostHeld(target) is { } held ? held.Beside.P50 / held.Alone.P50 : null, ""),
        new($"one PUT, {results.Widest(target)?.Waiters:N0} waiters: last answer", false, 1, results.Widest(target)?.Last.TotalSeconds, "s"),
    ];

    private static Aim Rate(Results results, string target, string verb, string yardstick, double bound) => new(
        $"{verb}, 32 connections / {yardstick}", true, bound,
        results.Rate(target, verb, 32) is { } mine && results.Rate(yardstick, verb, 32) is { } theirs ? mine.Result.PerSecond / theirs.Result.PerSecond : null, "");
}
