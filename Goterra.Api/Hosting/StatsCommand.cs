using System.Globalization;
using Goterra.Api.Configuration;
using Goterra.Infrastructure;
using Goterra.Infrastructure.Maintenance;

namespace Goterra.Api.Hosting;

/// <summary><c>goterra-store stats</c>: how much is in the store, for people and for scripts.</summary>
internal static class StatsCommand
{
    public static async Task<int> RunAsync(
        ServerArguments arguments, IReadOnlyDictionary<string, string?> environment, TextWriter output)
    {
        var options = ServerConfiguration.Inspect(arguments, environment, Directory.GetCurrentDirectory());
        var counts = await StoreSurvey.CountAsync(options.Store);
        (string Name, long? Value)[] lines =
        [
            ("deployments", counts.Deployments), ("failed", counts.Failed), ("keys", counts.Keys),
            ("value_bytes", counts.ValueBytes), ("store_bytes", counts.StoreBytes), ("waits", counts.Waits),
        ];
        foreach (var (name, value) in lines.Where(line => line.Value is not null))
            await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{name}: {value}"));
        return 0;
    }
}
