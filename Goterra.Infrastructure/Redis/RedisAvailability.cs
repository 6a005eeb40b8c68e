using Goterra.Core.Deployments;
using Goterra.Infrastructure.Monitoring;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Goterra.Infrastructure.Redis;

/// <summary>
/// Tracks whether Redis answers. Logs one line when it is lost, one per minute while it is away, and one when it is
/// back.
/// </summary>
internal sealed partial class RedisAvailability(
    RedisOptions options, TimeProvider time, StoreMetrics metrics, ILogger<RedisAvailability> logger)
{
    private static readonly TimeSpan LogInterval = TimeSpan.FromMinutes(1);

    /// <summary>
    /// It is back when no call has failed for this long: reads may succeed while writes or one node of a cluster fail.
    /// </summary>
    private static readonly TimeSpan QuietPeriod = TimeSpan.FromSeconds(5);

    // A single call may time out on a busy machine.
    private const int MaxTimeouts = 3;

    private readonly Lock _gate = new();
    private volatile int _lost;
    private int _timeouts;
    private long _lostAt;
    private long _failedAt;
    private long _loggedAt;

    /// <summary>Odd while the store is lost. Changes with each loss and each return.</summary>
    public int State => _lost;

    public TimeProvider Time => time;

    public StoreMetrics Metrics => metrics;

    public bool IsLost => (_lost & 1) == 1;

    /// <param name="state">The state before the call: one that began before the loss says nothing.</param>
    public void ReportSuccess(int state)
    {
        if (_timeouts > 0)
            Interlocked.Exchange(ref _timeouts, 0);
        if ((state & 1) == 0 || state != _lost)
            return;

        lock (_gate)
        {
            if (state != _lost || time.GetElapsedTime(_failedAt) < QuietPeriod)
                return;
            _lost++;
            Log.Back(logger, options.ToString(), Rounded(time.GetElapsedTime(_lostAt)));
        }
    }

    /// <param name="failure">The translated exception.</param>
    /// <param name="cause">That of the library.</param>
    public void ReportFailure(StoreUnavailableException failure, Exception cause)
    {
        metrics.CountFailure(failure);
        if (failure is StoreFullException)
            return;
        if (cause is RedisTimeoutException && Interlocked.Increment(ref _timeouts) < MaxTimeouts && !IsLost)
            return;

        lock (_gate)
        {
            var now = time.GetTimestamp();
            _failedAt = now;
            if (!IsLost)
            {
                _lost++;
                (_lostAt, _loggedAt) = (now, now);
                Log.Lost(logger, options.ToString(), RedisErrors.CauseOf(cause, options));
            }
            else if (time.GetElapsedTime(_loggedAt, now) >= LogInterval)
            {
                _loggedAt = now;
                Log.Away(
                    logger, options.ToString(), Rounded(time.GetElapsedTime(_lostAt, now)),
                    RedisErrors.CauseOf(cause, options));
            }
        }
    }

    private static TimeSpan Rounded(TimeSpan span) => TimeSpan.FromSeconds(Math.Ceiling(span.TotalSeconds));

    private static partial class Log
    {
        [LoggerMessage(
            LogLevel.Error, "The store at {Server} is unavailable: {Cause}. Requests get 503 until it is back.")]
        public static partial void Lost(ILogger logger, string server, string cause);

        [LoggerMessage(LogLevel.Error, "The store at {Server} has been unavailable for {Elapsed}: {Cause}.")]
        public static partial void Away(ILogger logger, string server, TimeSpan elapsed, string cause);

        [LoggerMessage(LogLevel.Information, "The store at {Server} is back after {Elapsed}.")]
        public static partial void Back(ILogger logger, string server, TimeSpan elapsed);
    }
}
