using Goterra.Bench.Measurements;
using Goterra.Bench.Servers;

namespace Goterra.Bench.Report;

/// <summary>One line of the table of aims.</summary>
/// <param name="AtLeast">Whether more is better.</param>
/// <param name="Found">Null where the yardstick is not installed, or the part was not run.</param>
internal sealed record Aim(string What, bool AtLeast, double Bound, double? Found, string Unit)
{
    private const double BytesPerKilobyte = 1024;
    private const double BytesPerMegabyte = 1024 * 1024;

    public string Verdict => Found switch
    {
        null => "not measured",
        var found when (AtLeast && found >= Bound) || (!AtLeast && found <= Bound) => "met",
        _ => "NOT met",
    };

    /// <summary>The aims for the embedded store.</summary>
    public static IEnumerable<Aim> OfEmbedded(Results results)
    {
        const string Store = GoterraStore.Embedded;
        var rows = results.Embedded;
        var empty = rows.StartUp.FirstOrDefault(row => row.Deployments == 0);
        var filled = rows.StartUp.FirstOrDefault(row => row.Deployments > 0);
        return
        [
            Rate(results, Store, "PUT", 32, Etcd.Program, 2.5),
            Rate(results, Store, "PUT", 32, Webdis.Program, 0.4),
            Rate(results, Store, "GET", 32, Webdis.Program, 0.6),
            Rate(results, Store, "GET", 32, EmptyEndpoint.Title, 0.45),
            AtMost(
                "processor time of a GET, 32 connections / empty endpoint", 2.5,
                results.Rate(Store, "GET", 32) is { } get && results.Rate(EmptyEndpoint.Title, "GET", 32) is { } least
                    ? get.Processor / least.Processor
                    : null),
            AtMost(
                "processor time of a PUT, 32 connections", 100,
                results.Rate(Store, "PUT", 32)?.Processor.TotalMicroseconds, "us"),
            Rate(results, Store, "PUT", 1, Etcd.Program, 1.2),
            AtMost("wake-up p50 / that of an etcd watch", 0.6, WakeRatio(results, Store, row => row.Woken.P50)),
            AtMost("wake-up p99 / that of an etcd watch", 0.8, WakeRatio(results, Store, row => row.Woken.P99)),
            AtMost("published server, without the clients", 20, rows.Size?.Bytes / BytesPerMegabyte, "MB"),
            AtMost("idle memory", 90, rows.Idle?.Resident / BytesPerMegabyte, "MB"),
            AtMost("ready after, empty folder", 0.6, empty?.Median.TotalSeconds, "s"),
            AtMost(
                $"ready after, {filled?.Deployments ?? 100_000:N0} deployments", 1, filled?.Median.TotalSeconds, "s"),
            AtMost("memory with 60 values of 9 MB, peak", 300, rows.LargeValues?.Peak / BytesPerMegabyte, "MB"),
            AtMost(
                "small PUT beside 9 MB writers / alone, p50", 3,
                rows.MixedSizes is { } mixed ? mixed.Beside.P50 / mixed.Alone.P50 : null),
            AtMost(
                "small PUT beside 9 MB writers, longest", 250, rows.MixedSizes?.Beside.Longest.TotalMilliseconds, "ms"),
            AtMost("overwrites: data folder without the WAL / live data", 5, rows.Overwrites?.WithoutLogPerLiveByte),
            AtMost($"{rows.Tls?.Clients ?? 2_000:N0} TLS clients at once, first request / empty endpoint", 1.3,
                rows.Tls?.Ratio),
            AtMost("overwrites: longest PUT", 100, rows.Overwrites?.Put.Longest.TotalMilliseconds, "ms"),
        ];
    }

    /// <summary>The aims for Redis.</summary>
    public static IEnumerable<Aim> OfRedis(Results results)
    {
        const string Store = GoterraStore.WithRedis;
        var held = results.MostHeld(Store);
        return
        [
            Rate(results, Store, "GET", 32, Webdis.Program, 0.45),
            Rate(results, Store, Throughput.OneKey, 32, Webdis.Program, 0.7),
            Rate(results, Store, "GET", 32, Etcd.Program, 3),
            Rate(results, Store, "PUT", 32, Webdis.Program, 0.35),
            Rate(results, Store, "PUT", 32, Etcd.Program, 2),
            AtMost(
                "wake-up p50 / p50 of a PUT alone", 2,
                results.Wake(Store, 1) is { } wake ? wake.Woken.P50 / wake.Alone.P50 : null),
            AtMost("wake-up p50 / that of an etcd watch", 1, WakeRatio(results, Store, row => row.Woken.P50)),
            AtMost($"memory per idle wait, {held?.Waits:N0} held", 16, held?.BytesPerWait / BytesPerKilobyte, "KB"),
            AtMost("PUT p50 beside them / without", 1.2, held is null ? null : held.Beside.P50 / held.Alone.P50),
            AtMost(
                $"one PUT, {results.Widest(Store)?.Waiters:N0} waiters: last answer", 0.2,
                results.Widest(Store)?.Last.TotalSeconds, "s"),
            AtMost("an instance without waits beside PUTs at another", 2, results.IdleInstance?.Share * 100,
                "% of a core"),
        ];
    }

    private static Aim AtMost(string what, double bound, double? found, string unit = "") =>
        new(what, false, bound, found, unit);

    private static Aim Rate(
        Results results, string store, string verb, int connections, string yardstick, double bound) => new(
        $"{verb}, {connections} connection{(connections == 1 ? "" : "s")} / {yardstick}", true, bound,
        results.Rate(store, verb, connections) is { } mine && results.Rate(
            yardstick, verb, connections) is { } theirs ? mine.Result.PerSecond / theirs.Result.PerSecond : null, "");

    private static double? WakeRatio(Results results, string store, Func<WakeUpRow, TimeSpan> time) =>
        results.Wake(store, 1) is { } mine && results.Wake(Etcd.Program, 1) is { } theirs
            ? time(mine) / time(theirs)
            : null;
}
