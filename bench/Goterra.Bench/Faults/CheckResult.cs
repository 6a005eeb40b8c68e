using Goterra.Bench.Reliability;

namespace Goterra.Bench.Faults;

/// <summary>What a checker has counted. Thread-safe.</summary>
internal sealed class CheckResult
{
    private readonly Lock _lock = new();
    private readonly Tally _errors = new();
    private long _refused;
    private long _lastAcknowledgedAt = TimeProvider.System.GetTimestamp();

    public long Acknowledged { get; private set; }

    public long Reads { get; private set; }

    public long Waits { get; private set; }

    /// <summary>Calls without an answer, or with 503 or 507.</summary>
    public long RefusedCalls => Interlocked.Read(ref _refused);

    /// <summary>The longest time in which no write was acknowledged.</summary>
    public TimeSpan LongestGap { get; private set; }

    /// <summary>The longest time from the acknowledgement of a PUT to the end of the wait for it.</summary>
    public TimeSpan LongestWake { get; private set; }

    public long ErrorCount => _errors.ErrorCount;

    public IReadOnlyList<string> Errors => _errors.Errors;

    public void Acknowledge()
    {
        lock (_lock)
        {
            var now = TimeProvider.System.GetTimestamp();
            var gap = TimeProvider.System.GetElapsedTime(_lastAcknowledgedAt, now);
            LongestGap = gap > LongestGap ? gap : LongestGap;
            _lastAcknowledgedAt = now;
            Acknowledged++;
        }
    }

    public void Read()
    {
        lock (_lock)
            Reads++;
    }

    public void Woken(TimeSpan after)
    {
        lock (_lock)
        {
            Waits++;
            LongestWake = after > LongestWake ? after : LongestWake;
        }
    }

    public void Refused() => Interlocked.Increment(ref _refused);

    public void Error(string what) => _errors.Error(what);
}
