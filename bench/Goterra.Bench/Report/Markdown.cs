using System.Globalization;
using System.Text;
using Goterra.Bench.Load;

namespace Goterra.Bench.Report;

/// <summary>Text in Markdown, and numbers as the report writes them.</summary>
internal sealed class Markdown
{
    private readonly StringBuilder _text = new();

    public static string[] Both(Latencies latencies) => [Ms(latencies.P50), Ms(latencies.P99)];

    public static string Ms(TimeSpan time) => time.TotalMilliseconds.ToString("0.000", CultureInfo.InvariantCulture);

    public static string Number(double number) => number.ToString("0.##", CultureInfo.InvariantCulture);

    public static string Megabytes(long bytes) => Number(bytes / 1_048_576d);

    public void Line(FormattableString line) => _text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');

    public void Paragraph(FormattableString text)
    {
        Line(text);
        Line($"");
    }

    public void Table(string[] head, IEnumerable<string[]> rows)
    {
        var all = rows.ToList();
        if (all.Count == 0)
        {
            Paragraph($"(not run)");
            return;
        }

        Line($"| {string.Join(" | ", head)} |");
        Line($"|{string.Concat(head.Select(_ => " --- |"))}");
        foreach (var row in all)
            Line($"| {string.Join(" | ", row)} |");
        Line($"");
    }

    public override string ToString() => _text.ToString();
}
