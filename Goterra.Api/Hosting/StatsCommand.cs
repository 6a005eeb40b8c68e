using System.Globalization;
using System.Net.Http.Headers;
using Goterra.Api.Configuration;
using Goterra.Infrastructure;

namespace Goterra.Api.Hosting;

/// <summary><c>goterra-store stats</c>: how much is in the store, for people and for scripts.</summary>
internal static class StatsCommand
{
    private const string Waits = "goterra_waits_open";

    public static async Task<int> RunAsync(
        ServerArguments arguments, IReadOnlyDictionary<string, string?> environment, TextWriter output)
    {
        var options = ServerConfiguration.Inspect(arguments, environment, Directory.GetCurrentDirectory());
        var counts = await StoreSurvey.CountAsync(options.Store);
        (string Name, long? Value)[] lines =
        [
            ("deployments", counts.Deployments), ("failed", counts.Failed), ("keys", counts.Keys),
            ("value_bytes", counts.ValueBytes), ("store_bytes", counts.StoreBytes),
            ("waits", counts.Waits ?? await CountWaitsAsync(options)),
        ];
        foreach (var (name, value) in lines.Where(line => line.Value is not null))
            await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{name}: {value}"));
        return 0;
    }

    /// <summary>Asks the metrics of the running server.</summary>
    /// <returns>Null if it does not run, or has no metrics.</returns>
    private static async Task<long?> CountWaitsAsync(ServerOptions options)
    {
        if (options.Monitoring.Metrics is not { } metrics)
            return null;

        using var client = LocalServer.Connect(options.Web.Tls, metrics.Listen, metrics.Port);
        if (metrics.Token is { } token)
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token.Value);
        try
        {
            var line = (await client.GetStringAsync("/metrics")).Split('\n')
                .FirstOrDefault(line => line.StartsWith(Waits, StringComparison.Ordinal));
            return line?.Split(' ') is [_, var value, ..]
                && long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var waits)
                ? waits
                : null;
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            return null;
        }
    }
}
