using System.Globalization;
using System.Reflection;
using Goterra.Bench.Measurements;
using Goterra.Bench.Report;

namespace Goterra.Bench;

/// <param name="Only">The parts to run; empty for all of them.</param>
/// <param name="Store">The program that is measured.</param>
internal sealed record BenchOptions(bool Quick, IReadOnlyList<string> Only, string Store, string? Output)
{
    private const string StorePart = "store";

    /// <summary>They run goterra with both stores, and the yardsticks.</summary>
    private static readonly IReadOnlyList<string> ComparingParts =
        ["throughput", "wake", "held", "fanout", "boot", "idle-instance"];

    public TimeSpan WarmUp => TimeSpan.FromSeconds(Quick ? 1.5 : 5);

    public TimeSpan Round => TimeSpan.FromSeconds(Quick ? 1 : 4);

    public int Rounds => Quick ? 3 : 5;

    /// <summary>How many deployments the filled store starts with.</summary>
    public int Deployments => Quick ? 10_000 : 100_000;

    public bool Compares => ComparingParts.Any(Runs);

    public bool Runs(string part) =>
        Only.Count == 0 || Only.Contains(part) || (Only.Contains(StorePart) && EmbeddedStore.Parts.Contains(part));

    /// <summary>
    /// The file for the report; null if it is only printed. A partial or quick run is not kept with the others unless a
    /// file is named.
    /// </summary>
    public string? OutputFor(DateOnly date) => Output
        ?? (Quick || Only.Count > 0 ? null : Path.Combine(
            ResultsFolder, string.Create(CultureInfo.InvariantCulture, $"{date:yyyy-MM-dd}-{Machine.ShortName}.md")));

    /// <summary>The program that was built with the benchmark.</summary>
    public static string BuiltStore => Path.Combine(AppContext.BaseDirectory, "goterra-store");

    public static string SourceTree => Path.GetFullPath(Path.Combine(ResultsFolder, "..", ".."));

    // The build writes the path of the project into the assembly: the program may be started from anywhere.
    private static string ResultsFolder =>
        typeof(BenchOptions).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(
            item => item.Key == "Results").Value
            ?? "";

    public static string HelpText =>
        $"""
        dotnet run -c Release --project bench/Goterra.Bench -- [--quick] [--only PART,...] [--output FILE]
            [--store PROGRAM]

          --quick          short rounds and fewer deployments, for a first look
          --only PART,...  run only these parts:
                           {string.Join(", ", ComparingParts)}: compare both stores with webdis and etcd
                           {string.Join(", ", EmbeddedStore.Parts)}: measure the embedded store
                           {StorePart}: all of the second line
          --output FILE    write the report to FILE (default: bench/results/<date>-<machine>.md; with --quick or
                           --only, it is only printed)
          --store PROGRAM  measure this goterra-store instead of the one that was built with the benchmark
                           ({EmbeddedStore.SizePart} always publishes the source tree)
        """;

    private static bool IsPart(string name) =>
        name == StorePart || ComparingParts.Contains(name) || EmbeddedStore.Parts.Contains(name);

    /// <returns>Null if an argument is unknown or incomplete.</returns>
    public static BenchOptions? Parse(IReadOnlyList<string> args)
    {
        var options = new BenchOptions(false, [], BuiltStore, null);
        for (var i = 0; i < args.Count; i++)
        {
            switch (args[i])
            {
                case "--quick":
                    options = options with { Quick = true };
                    break;
                case "--only" when i + 1 < args.Count && args[i + 1].Split(',') is var parts && parts.All(IsPart):
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
