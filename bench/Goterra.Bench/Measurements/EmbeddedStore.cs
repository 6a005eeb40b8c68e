namespace Goterra.Bench.Measurements;

/// <summary>The measurements of the embedded store, each on a fresh server with nothing beside it.</summary>
internal static class EmbeddedStore
{
    public const string StartUpPart = "start-up";
    public const string IdlePart = "idle";
    public const string MixedSizesPart = "mixed-sizes";
    public const string OverwritesPart = "overwrites";
    public const string LargeValuesPart = "large-values";
    public const string SizePart = "size";
    public const string TlsPart = "tls";

    public static readonly IReadOnlyList<string> Parts =
        [StartUpPart, IdlePart, MixedSizesPart, OverwritesPart, LargeValuesPart, SizePart, TlsPart];

    public static async Task<EmbeddedStoreRows> RunAsync(BenchOptions options) => new(
        options.Runs(StartUpPart) ? Shown(await StartUp.RunAsync(options)) : [],
        options.Runs(IdlePart) ? Shown(await Idle.RunAsync(options)) : null,
        options.Runs(MixedSizesPart) ? Shown(await MixedSizes.RunAsync(options)) : null,
        options.Runs(OverwritesPart) ? Shown(await Overwrites.RunAsync(options)) : null,
        options.Runs(LargeValuesPart) ? Shown(await LargeValues.RunAsync(options)) : null,
        options.Runs(SizePart) ? Shown(await PublishedSize.RunAsync()) : null,
        options.Runs(TlsPart) ? Shown(await TlsStorm.RunAsync(options)) : null);

    private static T Shown<T>(T row)
        where T : notnull
    {
        Console.WriteLine(row is IEnumerable<object> rows ? string.Join('\n', rows) : row);
        return row;
    }
}

/// <summary>What was not run is empty or null.</summary>
internal sealed record EmbeddedStoreRows(
    IReadOnlyList<StartUpRow> StartUp, IdleRow? Idle, MixedSizesRow? MixedSizes, OverwritesRow? Overwrites,
    LargeValuesRow? LargeValues, PublishedSizeRow? Size, TlsStormRow? Tls);
