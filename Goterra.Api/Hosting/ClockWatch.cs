namespace Goterra.Api.Hosting;

/// <summary>
/// Logs if the clock of this machine was set: that ends or extends everything that expires, and clients get 401 for
/// tokens that they have just received.
/// </summary>
internal sealed partial class ClockWatch(TimeProvider time, ILogger<ClockWatch> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    // A smaller difference is slewed, or does not matter.
    private static readonly TimeSpan MinJump = TimeSpan.FromMinutes(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        var (wall, monotonic) = (time.GetUtcNow(), time.GetTimestamp());
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            var expected = wall + time.GetElapsedTime(monotonic);
            (wall, monotonic) = (time.GetUtcNow(), time.GetTimestamp());
            if (wall - expected >= MinJump)
                Log.SetForward(logger, wall - expected, wall);
            else if (expected - wall >= MinJump)
                Log.SetBack(logger, expected - wall, wall);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(
            LogLevel.Warning,
            "The clock of this machine was set forward by {Jump}, to {Now:u}. Tokens and deployments that were to "
            + "expire in between have expired: clients get 401 or 410. Owners can issue new tokens with an API key "
            + "(goterra-cli renew --apikey).")]
        public static partial void SetForward(ILogger logger, TimeSpan jump, DateTimeOffset now);

        [LoggerMessage(
            LogLevel.Warning,
            "The clock of this machine was set back by {Jump}, to {Now:u}. Tokens and deployments issued before expire "
            + "that much later.")]
        public static partial void SetBack(ILogger logger, TimeSpan jump, DateTimeOffset now);
    }
}
