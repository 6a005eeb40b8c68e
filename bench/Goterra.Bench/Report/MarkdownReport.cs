using System.Globalization;
using System.Text;
using Goterra.Bench.Load;
using Goterra.Bench.Measurements;

namespace Goterra.Bench.Report;

/// <summary>The report: ratios first, since they alone mean something on another machine; the numbers behind them below.</summary>
internal sealed class MarkdownReport(Results results, BenchOptions options)
{
    private static readonly string[] Stores = ["goterra, Redis", "goterra, embedded"];

    private readonly StringBuilder _text = new();

    public string Write(DateOnly date, string loadBefore, IReadOnlyList<string> missing)
    {
        Line($"# {date:yyyy-MM-dd}, {Machine.ShortName}");
        Line($"");
        if (options.Quick)
            Line($"A quick run: a first look, nothing to compare with.");
        Line($"Load average of the machine before the run: {loadBefore}. {(missing.Count > 0 ? "Not installed, and left out: " + string.Join(", ", missing) + "." : "")}");
        Line($"");
        Table(["fact", ""], Machine.Facts(options).Select(fact => new[] { fact.Name, fact.Value }));
        Aims();
        Ratios();
        Raw();
        return _text.ToString();
    }

    private void Aims()
    {
        Line($"## Aims");
        Line($"");
        Table(["what", "aim", .. Stores.SelectMany(store => new[] { store, "" })], Aim.Of(results, Stores[0]).Zip(Aim.Of(results, Stores[1])).Select(pair => new[]
        {
            pair.First.What,
            $"{(pair.First.AtLeast ? "at least" : "at most")} {Number(pair.First.Bound)} {pair.First.Unit}",
            Found(pair.First), pair.First.Verdict, Found(pair.Second), pair.Second.Verdict,
        }));
    }

    private void Ratios()
    {
        Line($"## Ratios: goterra's requests a second divided by the yardstick's");
        Line($"");
        var yardsticks = results.Throughput.Select(row => row.Target).Distinct().Except(Stores).ToList();
        Table(
            ["", "connections", .. Stores.SelectMany(store => yardsticks.Select(yardstick => $"{store} / {yardstick}"))],
            results.Throughput.Where(row => row.Target == Stores[0]).Select(row => (string[])
            [
                row.Verb, $"{row.Connections}",
                .. Stores.SelectMany(store => yardsticks.Select(yardstick => Number(
                    results.Rate(store, row.Verb, row.Connections)!.Result.PerSecond / results.Rate(yardstick, row.Verb, row.Connections)!.Result.PerSecond))),
            ]));
    }

    private void Raw()
    {
        Line($"## Raw numbers (times in ms)");
        Line($"");
        Table(["", "connections", "server", "requests/s", "p50", "p99", "processor time a request, us"], results.Throughput.Select(row => new[]
        {
            row.Verb, $"{row.Connections}", row.Target, $"{row.Result.PerSecond.ToString("N0", CultureInfo.InvariantCulture)}", Ms(row.Result.P50), Ms(row.Result.P99),
            Number(Math.Round(row.Processor.TotalMicroseconds, 1)),
        }));
        Line($"Wake-up, from sending the PUT to the waiter's last byte; and the PUT's own answer, beside a waiter and with nobody waiting, as far apart:");
        Line($"");
        Table(["server", "pairs", "woken p50", "p99", "PUT beside p50", "p99", "PUT alone p50", "p99"], results.WakeUp.Select(row => (string[])
            [row.Target, $"{row.Pairs}", .. Both(row.Woken), .. Both(row.Beside), .. Both(row.Alone)]));
        Line($"Waits held, each for a key of its own; a fresh server each:");
        Line($"");
        Table(["server", "waits", "RSS before, MB", "with them, MB", "KB a wait", "PUT p50 without", "p99", "beside them", "p99"], results.Held.Select(row => (string[])
            [row.Target, $"{row.Waits}", Megabytes(row.Before), Megabytes(row.After), Number(row.BytesPerWait / 1024), .. Both(row.Alone), .. Both(row.Beside)]));
        Line($"One PUT that wakes all who wait for its key:");
        Line($"");
        Table(["server", "waiters", "half of them have it", "the last has it"], results.FanOut.Select(row => new[] { row.Target, $"{row.Waiters}", Ms(row.Half), Ms(row.Last) }));
    }

    private static string Found(Aim aim) => aim.Found is { } found ? $"{Number(found)} {aim.Unit}" : "-";

    private static string[] Both(Latencies latencies) => [Ms(latencies.P50), Ms(latencies.P99)];

    private static string Ms(TimeSpan time) => time.TotalMilliseconds.ToString("0.000", CultureInfo.InvariantCulture);

    private static string Number(double number) => number.ToString("0.##", CultureInfo.InvariantCulture);

    private static string Megabytes(long bytes) => Number(bytes / 1_048_576d);

    private void Table(string[] head, IEnumerable<string[]> rows)
    {
        var all = rows.ToList();
        if (all.Count == 0)
        {
            Line($"(not run)");
            Line($"");
            return;
        }

        Line($"| {string.Join(" | ", head)} |");
        Line($"|{string.Concat(head.Select(_ => " --- |"))}");
        foreach (var row in all)
            Line($"| {string.Join(" | ", row)} |");
        Line($"");
    }

    private void Line(FormattableString line) => _text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
}
