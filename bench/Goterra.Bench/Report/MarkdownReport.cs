using System.Globalization;
using Goterra.Bench.Servers;
using static Goterra.Bench.Report.Markdown;

namespace Goterra.Bench.Report;

/// <summary>
/// The report: ratios first, since they alone mean something on another machine; the numbers behind them below.
/// </summary>
internal sealed class MarkdownReport(Results results, BenchOptions options)
{
    private static readonly string[] Stores = [GoterraStore.WithRedis, GoterraStore.Embedded];

    private readonly Markdown _text = new();

    public string Write(DateOnly date, string loadBefore, IReadOnlyList<string> missing)
    {
        _text.Paragraph($"# {date:yyyy-MM-dd}, {Machine.ShortName}");
        if (options.Quick)
            _text.Line($"A quick run: a first look, nothing to compare with.");
        _text.Paragraph($"Load average of the machine before the run: {loadBefore}.");
        if (missing.Count > 0)
            _text.Paragraph($"Not installed, and left out: {string.Join(", ", missing)}.");
        _text.Table(["fact", ""], Machine.Facts(options).Select(fact => new[] { fact.Name, fact.Value }));
        Aims(GoterraStore.Embedded, Aim.OfEmbedded(results));
        Aims(GoterraStore.WithRedis, Aim.OfRedis(results));
        Ratios();
        Raw();
        Storms();
        EmbeddedStoreReport.Write(_text, results.Embedded);
        return _text.ToString();
    }

    private void Aims(string store, IEnumerable<Aim> aims)
    {
        _text.Paragraph($"## Aims: {store}");
        _text.Table(["what", "aim", "found", ""], aims.Select(aim => new[]
        {
            aim.What,
            $"{(aim.AtLeast ? "at least" : "at most")} {WithUnit(aim.Bound, aim)}",
            aim.Found is { } found ? WithUnit(found, aim) : "-",
            aim.Verdict,
        }));
    }

    private void Ratios()
    {
        _text.Paragraph($"## Ratios: goterra's requests a second divided by the yardstick's");
        var yardsticks = results.Throughput.Select(row => row.Target).Distinct().Except(Stores).ToList();
        _text.Table(
            ["", "connections", .. Stores.SelectMany(store => yardsticks.Select(other => $"{store} / {other}"))],
            results.Throughput.Where(row => row.Target == Stores[0]).Select(row => (string[])
            [
                row.Verb, $"{row.Connections}",
                .. Stores.SelectMany(store => yardsticks.Select(yardstick => Number(
                    results.Rate(store, row.Verb, row.Connections)!.Result.PerSecond
                    / results.Rate(yardstick, row.Verb, row.Connections)!.Result.PerSecond))),
            ]));
    }

    private void Raw()
    {
        _text.Paragraph($"## Raw numbers (times in ms)");
        _text.Paragraph($"GET and PUT of 64-byte values, going round 1,000 keys:");
        _text.Table(
            ["", "connections", "server", "requests/s", "p50", "p99", "processor time a request, us"],
            results.Throughput.Select(row => new[]
            {
                row.Verb, $"{row.Connections}", row.Target, Rounded(row.Result.PerSecond),
                Ms(row.Result.P50), Ms(row.Result.P99), Number(Math.Round(row.Processor.TotalMicroseconds, 1)),
            }));
        _text.Paragraph(
            $"""
            Wake-up, from sending the PUT to the waiter's last byte; and the PUT's own answer, beside a waiter and with
            nobody waiting, as far apart:
            """);
        _text.Table(
            ["server", "pairs", "woken p50", "p99", "PUT beside p50", "p99", "PUT alone p50", "p99"],
            results.WakeUp.Select(row => (string[])
                [row.Target, $"{row.Pairs}", .. Both(row.Woken), .. Both(row.Beside), .. Both(row.Alone)]));
        _text.Paragraph($"Waits held, each for a key of its own; a fresh server each:");
        _text.Table(
            [
                "server", "waits", "RSS before, MB", "with them, MB", "KB a wait", "PUT p50 without", "p99",
                "beside them", "p99",
            ],
            results.Held.Select(row => (string[])
            [
                row.Target, $"{row.Waits}", Megabytes(row.Before), Megabytes(row.After),
                Number(row.BytesPerWait / 1024), .. Both(row.Alone), .. Both(row.Beside),
            ]));
        _text.Paragraph($"One PUT that wakes all who wait for its key:");
        _text.Table(
            ["server", "waiters", "half of them have it", "the last has it"],
            results.FanOut.Select(row => new[] { row.Target, $"{row.Waiters}", Ms(row.Half), Ms(row.Last) }));
    }

    private void Storms()
    {
        _text.Paragraph(
            $"""
            Boot storm: every machine waits for one key; one PUT answers all; each stores its own key; a barrier waits
            for all of them. Times from the PUT; processor time of the server's own process for everything, in seconds:
            """);
        _text.Table(
            [
                "server", "machines", "all connected and waiting after", "barrier ended", "all PUTs answered",
                "processor time, s",
            ],
            results.Boot.Select(row => new[]
            {
                row.Target, $"{row.Machines}", Ms(row.Waiting), Ms(row.Barrier), Ms(row.All),
                Number(Math.Round(row.Processor.TotalSeconds, 2)),
            }));
        _text.Paragraph($"Two instances on one Redis, one without waits:");
        _text.Table(
            ["PUTs/s at the other", "processor time of the idle one, % of a core", "without the PUTs"],
            results.IdleInstance is { } idle
                ? [[Rounded(idle.PutsPerSecond), Number(100 * idle.Share), Number(100 * idle.Alone)]]
                : []);
    }

    private static string Rounded(double number) => number.ToString("N0", CultureInfo.InvariantCulture);

    private static string WithUnit(double number, Aim aim) => $"{Number(number)} {aim.Unit}".TrimEnd();
}
