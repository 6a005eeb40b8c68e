using Goterra.Core.Deployments;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Goterra.Infrastructure.Redis;

/// <summary>
/// Every 30 s: verifies the owner of the store, deletes expired deployments and completes interrupted deletions.
/// </summary>
internal sealed partial class RedisSweeper(
    RedisRemoval removal, RedisConnection store, TimeProvider time, ILogger<RedisSweeper> logger)
    : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        do
        {
            try
            {
                await store.VerifyAsync(stoppingToken);
                await removal.SweepAsync(stoppingToken);
            }
            catch (StoreUnavailableException)
            {
                // Logged by the connection.
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                // An expired deployment counts as deleted even before it is swept. The next round removes it.
                Log.Failed(logger, e);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Could not remove expired and deleted deployments. Retrying in 30 s.")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
