using System.Globalization;
using Goterra.Bench.Report;
using static Goterra.Bench.Report.Markdown;

namespace Goterra.Bench.Soak;

internal static class SoakReport
{
    private const int Rows = 12;

    public static string Write(DateOnly date, string loadBefore, IReadOnlyList<SoakResult> results)
    {
        var text = new Markdown();
        text.Paragraph($"# Soak, {date:yyyy-MM-dd}, {Machine.ShortName}");
        text.Paragraph(
            $"""
            Both stores at the same time, each with its own server. Load average of the machine before: {loadBefore}.
            Every answer is compared with the expected one.
            """);
        foreach (var result in results)
            Write(text, result);
        return text.ToString();
    }

    private static void Write(Markdown text, SoakResult result)
    {
        text.Paragraph($"## {result.Store}");
        var (requests, errors) = (result.Tally.Requests, result.Tally.ErrorCount);
        text.Paragraph($"{result.Duration.TotalMinutes:0} minutes, {requests} requests, {errors} errors.");
        foreach (var error in result.Tally.Errors)
            text.Line($"- {error}");
        var step = Math.Max(1, result.Samples.Count / Rows);
        text.Table(
            ["minute", "RSS, MB", "threads", "open files", "processor time, s"],
            result.Samples.Select((sample, index) => (sample, minute: index + 1))
                .Where(row => row.minute % step == 0)
                .Select(row => new[]
                {
                    row.minute.ToString(CultureInfo.InvariantCulture),
                    Megabytes(row.sample.ResidentBytes),
                    row.sample.Threads.ToString(CultureInfo.InvariantCulture),
                    row.sample.OpenFiles.ToString(CultureInfo.InvariantCulture),
                    Number(Math.Round(row.sample.Processor.TotalSeconds, 1)),
                }));
    }
}
