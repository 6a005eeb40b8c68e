using Goterra.Bench.Load;
using Goterra.Bench.Measurements;
using static Goterra.Bench.Report.Markdown;

namespace Goterra.Bench.Report;

/// <summary>The tables of the part "store".</summary>
internal static class EmbeddedStoreReport
{
    public static void Write(Markdown text, EmbeddedStoreRows rows)
    {
        text.Paragraph($"## Embedded store only (times in ms)");
        text.Paragraph($"From the start of the process to the first 200 of /health/ready:");
        text.Table(["deployments", "median", "longest", "data folder, MB"], rows.StartUp.Select(row => new[]
        {
            $"{row.Deployments}", Ms(row.Median), Ms(row.Longest), row.Deployments == 0
                ? "-"
                : Megabytes(row.DataBytes),
        }));
        text.Paragraph($"Memory and size:");
        text.Table(["what", "MB"], [.. Sizes(rows)]);
        text.Paragraph($"Small PUT on one connection, alone and beside four writers of 9 MB values:");
        text.Table(["", "p50", "p99", "longest", "small PUTs/s", "9 MB values/s"], rows.MixedSizes is { } mixed
            ? [MixedSizes("alone", mixed.Alone, 0), MixedSizes("beside them", mixed.Beside, mixed.LargePerSecond)]
            : []);
        text.Paragraph(
            $"20,000 overwrites of 50 keys with 10 KB, 8 connections; each size is the largest of its kind:");
        text.Table(["live data, MB", "data folder, MB", "WAL, MB", "data folder without the WAL, MB", "PUTs/s", "p50",
            "p99", "longest"], rows.Overwrites is { } overwrites
            ?
            [
                [
                    Megabytes(overwrites.LiveBytes), Megabytes(
                        overwrites.Largest.Total), Megabytes(overwrites.Largest.Log), Megabytes(
                            overwrites.Largest.WithoutLog),
                    Number(overwrites.Put.PerSecond), .. Both(overwrites.Put), Ms(overwrites.Put.Longest),
                ],
            ]
            : []);
        text.Paragraph(
            $"Clients that connect at once with TLS, and their first request; until the last one has its answer:");
        text.Table(["clients", "goterra", "empty endpoint", "ratio"], rows.Tls is { } tls
            ? [[$"{tls.Clients}", Ms(tls.Store), Ms(tls.Empty), Number(tls.Ratio)]]
            : []);
    }

    private static IEnumerable<string[]> Sizes(EmbeddedStoreRows rows)
    {
        if (rows.Idle is { } idle)
            yield return ["idle, resident 5 s after it was ready", Megabytes(idle.Resident)];
        if (rows.LargeValues is { } large)
        {
            yield return [$"{large.Values} values of 9 MB: resident before", Megabytes(large.Before)];
            yield return ["the most while they were written twice and read once", Megabytes(large.Peak)];
            yield return ["5 s after the last answer", Megabytes(large.After)];
        }

        if (rows.Size is { } size)
            yield return [$"published server without the clients, {size.Files} files", Megabytes(size.Bytes)];
    }

    private static string[] MixedSizes(string name, Latencies small, double largePerSecond) =>
        [name, .. Both(small), Ms(small.Longest), Number(small.PerSecond), Number(largePerSecond)];
}
