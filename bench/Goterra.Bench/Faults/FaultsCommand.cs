using Goterra.Bench.Reliability;
using Goterra.Bench.Report;

namespace Goterra.Bench.Faults;

/// <summary><c>faults [WORD] [FILE]</c>: each fault under a load that checks every answer.</summary>
internal static class FaultsCommand
{
    public const string Name = "faults";

    /// <param name="args">A word of the faults to run, or <c>all</c>; and the file for the report.</param>
    /// <returns>The exit code: 1 if anything was lost or wrong.</returns>
    public static async Task<int> RunAsync(IReadOnlyList<string> args, string program)
    {
        var load = Machine.Load;
        var rows = new List<(Fault Fault, CheckResult Result)>();
        var faults = SingleFaults.All.Concat(FailoverFaults.All)
            .Where(fault => args.Count == 0 || args[0] == "all"
                || fault.Name.Contains(args[0], StringComparison.OrdinalIgnoreCase))
            .ToList();
        if (faults.Count == 0)
        {
            await Console.Error.WriteLineAsync($"No fault has the word {args[0]} in its name.");
            return 2;
        }

        foreach (var fault in faults)
        {
            var result = await RunAsync(fault, program);
            rows.Add((fault, result));
            Console.WriteLine($"{fault.Name}: {result.Acknowledged:N0} acknowledged, {result.ErrorCount} wrong");
        }

        var report = Write(DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().Date), load, rows);
        Console.WriteLine(report);
        if (args.Count > 1)
            await File.WriteAllTextAsync(args[1], report);
        return rows.Any(row => row.Result.ErrorCount > 0) ? 1 : 0;
    }

    private static async Task<CheckResult> RunAsync(Fault fault, string program)
    {
        try
        {
            return await fault.RunAsync(program);
        }
        catch (Exception e) when (e is IOException or InvalidOperationException or UnexpectedAnswerException)
        {
            var broken = new CheckResult();
            broken.Error(e.Message);
            return broken;
        }
    }

    private static string Write(
        DateOnly date, string load, IReadOnlyList<(Fault Fault, CheckResult Result)> rows)
    {
        var text = new Markdown();
        text.Paragraph($"# Faults under load, {date:yyyy-MM-dd}, {Machine.ShortName}");
        text.Paragraph(
            $"""
            Load average of the machine before: {load}. Eight writers, eight readers and eight pairs of a waiter and a
            writer, before, during and after each fault. Wrong are: an acknowledged write that a later read does not
            show, a value that was never written, a wait with another value or without an answer, and a status other
            than 200, 404, 503 and 507.
            """);
        text.Table(
            [
                "fault", "writes acknowledged", "reads compared", "waits answered", "calls refused or cut",
                "longest time without a write, s", "longest wake-up after its PUT, s", "wrong",
            ],
            rows.Select(row => new[]
            {
                row.Fault.Name, $"{row.Result.Acknowledged}", $"{row.Result.Reads}", $"{row.Result.Waits}",
                $"{row.Result.RefusedCalls}", Markdown.Number(Math.Round(row.Result.LongestGap.TotalSeconds, 2)),
                Markdown.Number(Math.Round(row.Result.LongestWake.TotalSeconds, 2)), $"{row.Result.ErrorCount}",
            }));
        foreach (var (fault, result) in rows.Where(row => row.Result.ErrorCount > 0))
        {
            text.Paragraph($"Wrong in \"{fault.Name}\":");
            foreach (var error in result.Errors)
                text.Line($"- {error}");
        }

        return text.ToString();
    }
}
