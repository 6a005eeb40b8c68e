using Goterra.Bench.Servers;

namespace Goterra.Bench.Measurements;

/// <summary>Resident memory of a server that has been asked for its readiness only, 5 s after it was ready.</summary>
internal static class Idle
{
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(5);

    public static async Task<IdleRow> RunAsync(BenchOptions options)
    {
        using var process = await GoterraStore.LaunchAsync(options.Store, redis: null);
        await Task.Delay(Settle, TimeProvider.System);
        return new IdleRow(process.ResidentBytes);
    }
}

internal sealed record IdleRow(long Resident);
