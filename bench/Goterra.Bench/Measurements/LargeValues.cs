using System.Security.Cryptography;
using Goterra.Bench.Load;
using Goterra.Bench.Servers;

namespace Goterra.Bench.Measurements;

/// <summary>
/// Memory of a fresh server that stores 60 values of 9 MB twice, and then reads each once: one request at a time, in
/// three deployments.
/// </summary>
internal static class LargeValues
{
    public const int ValueBytes = 9_000_000;

    private const int Deployments = 3;
    private const int KeysPerDeployment = 20;

    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(5);

    public static async Task<LargeValuesRow> RunAsync(BenchOptions options)
    {
        using var server = await GoterraStore.StartAsync(options.Store, redis: null);
        var keys = new List<(StoreDeployment Deployment, string Key)>();
        for (var i = 0; i < Deployments; i++)
        {
            var deployment = await server.CreateDeploymentAsync();
            keys.AddRange(Enumerable.Range(0, KeysPerDeployment).Select(key => (deployment, $"large-{key}")));
        }

        var before = server.ResidentBytes;
        using var connection = new BlockingConnection(server.EndPoint);
        foreach (var (deployment, key) in keys.Concat(keys))
            connection.ExchangeOk(deployment.PutOf(key, RandomNumberGenerator.GetBytes(ValueBytes)));
        foreach (var (deployment, key) in keys)
            connection.ExchangeOk(deployment.RawGetOf(key));

        var peak = server.PeakResidentBytes;
        await Task.Delay(Settle, TimeProvider.System);
        return new LargeValuesRow(keys.Count, before, peak, server.ResidentBytes);
    }
}

/// <param name="Before">Resident memory before the first value.</param>
/// <param name="Peak">The most that it was.</param>
/// <param name="After">What it was 5 s after the last answer.</param>
internal sealed record LargeValuesRow(int Values, long Before, long Peak, long After);
