using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Goterra.Infrastructure.Redis;

/// <summary>Twice a minute: ends the deployments whose time is over, finishes deletions that were cut short, and reminds the store whose it is.</summary>
internal sealed partial class RedisSweeper(RedisRemoval removal, RedisConnection store, TimeProvider time, ILogger<RedisSweeper> logger)
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
            catch (Exception e) when (e is not OperationCanceledException)
            {
                // The next round is soon enough: what is over does not live, whether swept or not.
                Log.Failed(logger, e);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Could not sweep expired and deleted deployments; trying again in 30 s.")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
