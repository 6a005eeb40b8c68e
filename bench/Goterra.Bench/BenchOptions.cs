using System.Globalization;
using System.Reflection;
using Goterra.Bench.Report;

namespace Goterra.Bench;

/// <param name="Only">The parts to run; all of them where it is empty.</param>
/// <param name="Store">The program that is measured.</param>
internal sealed record BenchOptions(bool Quick, IReadOnlyList<string> Only, string Store, string? Output)
{
    public static readonly IReadOnlyList<string> Parts = ["throughput", "wake", "held", "fanout"];

    public TimeSpan WarmUp => TimeSpan.FromSeconds(Quick ? 1.5 : 5);

    public TimeSpan Round => TimeSpan.FromSeconds(Quick ? 1 : 4);

    public int Rounds => Quick ? 3 : 5;

    public bool Runs(string part) => Only.Count == 0 || Only.Contains(part);

    /// <summary>Where the report goes; null for the terminal alone. What was not a whole run has no place beside the others, unless it is asked for.</summary>
    public string? OutputFor(DateOnly date) => Output
        ?? (Quick || Only.Count > 0 ? null : Path.Combine(ResultsFolder, string.Create(CultureInfo.InvariantCulture, $"{date:yyyy-MM-dd}-{Machine.ShortName}.md")));

    // The build leaves the path of the project in the assembly: the program may be started from anywhere.
    private static string ResultsFolder => typeof(BenchOptions).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(item => item.Key == "Results").Value ?? "";

    public static string HelpText =>
        $"""
        dotnet run -c Release --project bench/Goterra.Bench -- [--quick] [--only PART,...] [--output FILE] [--store PROGRAM]

          --quick          short rounds, for a first look
          --only PART,...  {string.Join(", ", Parts)}
          --output FILE    where the report goes (bench/results/<date>-<machine>.md; with --quick or --only: the terminal alone)
          --store PROGRAM  another goterra-store than the one that was built with this
        """;

    /// <returns>Null where the arguments make no sense.</returns>
    public static BenchOptions? Parse(IReadOnlyList<string> args)
    {
        var options = new BenchOptions(false, [], Path.Combine(AppContext.BaseDirectory, "goterra-store"), null);
        for (var i = 0; i < args.Count; i++)
        {
            switch (args[i])
            {
                case "--quick":
                    options = options with { Quick = true };
                    break;
                case "--only" when i + 1 < args.Count && args[i + 1].Split(',') is var parts && parts.All(Parts.Contains):
                    options = options with { Only = parts };
                    i++;
                    break;
                case "--output" when i + 1 < args.Count:
                    options = options with { Output = args[++i] };
                    break;
                case "--store" when i + 1 < args.Count:
                    options = options with { Store = Path.GetFullPath(args[++i]) };
                    break;
                default:
                    return null;
            }
        }

        return options;
    }
}
