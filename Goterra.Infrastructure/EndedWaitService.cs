using Goterra.Core.Waiting;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Goterra.Infrastructure;

/// <summary>
/// Every 2 s: stores the waits that have ended. A wait itself never waits for that. What could not be stored is stored
/// later.
/// </summary>
internal sealed partial class EndedWaitService(
    WaitRegistry registry, IEndedWaits store, TimeProvider time, ILogger<EndedWaitService> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        foreach (var (deployment, waits) in registry.TakeEnded())
        {
            try
            {
                await store.AddAsync(deployment, waits, cancellationToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                registry.ReturnEnded(deployment, waits);
                Log.Failed(logger, e.GetType().Name);
            }
        }
    }

    /// <summary>Stores what has ended since the last time.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await FlushAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            await FlushAsync(stoppingToken);
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Debug, "Could not store ended waits ({Cause}). Retrying in 2 s.")]
        public static partial void Failed(ILogger logger, string cause);
    }
}
