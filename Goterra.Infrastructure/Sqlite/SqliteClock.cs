namespace Goterra.Infrastructure.Sqlite;

/// <summary>
/// The two clocks of the store, in milliseconds since 1970. Dates (expiry of deployments, times of events) use the wall
/// clock. Leases use the lease clock, which follows the monotonic clock: a jump of the wall clock neither ends nor
/// extends them.
/// </summary>
/// <remarks>
/// Across a restart the lease clock advances by the elapsed wall-clock time. It never goes back before its last
/// reading.
/// </remarks>
internal sealed class SqliteClock(TimeProvider time)
{
    // A larger difference means that the wall clock was set and not slewed.
    private const long JumpMilliseconds = 500;

    private readonly long _started = time.GetTimestamp();
    private long _base = time.GetUtcNow().ToUnixTimeMilliseconds();
    private long _offset;

    public long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    public long LeaseNow => _base + (long)time.GetElapsedTime(_started).TotalMilliseconds;

    /// <summary>The lease clock minus the wall clock.</summary>
    public long Offset => Volatile.Read(ref _offset);

    /// <summary>Resumes from the saved reading. Called before any other use of the clock.</summary>
    public void Resume(long offset, long lastReading)
    {
        var now = Now;
        var reading = Math.Max(now + offset, lastReading);
        _base += reading - LeaseNow;
        Volatile.Write(ref _offset, reading - now);
    }

    /// <summary>Detects that the wall clock was set.</summary>
    public bool TryAdjustOffset()
    {
        var offset = LeaseNow - Now;
        if (Math.Abs(offset - Offset) < JumpMilliseconds)
            return false;

        Volatile.Write(ref _offset, offset);
        return true;
    }

    /// <summary>Converts the end of a lease to a date; null for 0, never.</summary>
    public DateTimeOffset? DateOf(long leaseEnd) =>
        leaseEnd == 0 ? null : DateTimeOffset.FromUnixTimeMilliseconds(leaseEnd - Offset);
}
