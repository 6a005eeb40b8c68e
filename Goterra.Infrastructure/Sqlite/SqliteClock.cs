namespace Goterra.Infrastructure.Sqlite;

/// <summary>
/// The store's two clocks. Dates (the ends of deployments, times of events) are the wall clock's. Leases end by the lease clock, which runs with the monotonic
/// clock, so that a jump of the wall clock neither ends nor lengthens one. Both are milliseconds since 1970.
/// </summary>
/// <remarks>
/// Across a restart the lease clock goes on by the time that passed on the wall clock, and never back: it does not start before the last reading in the store.
/// </remarks>
internal sealed class SqliteClock(TimeProvider time)
{
    // The wall clock was set, rather than slewed, where it leaves the lease clock by more.
    private const long JumpMilliseconds = 500;

    private readonly long _started = time.GetTimestamp();
    private long _base = time.GetUtcNow().ToUnixTimeMilliseconds();
    private long _offset;

    public long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    public long LeaseNow => _base + (long)time.GetElapsedTime(_started).TotalMilliseconds;

    /// <summary>By how much the lease clock is ahead of the wall clock.</summary>
    public long Offset => Volatile.Read(ref _offset);

    /// <summary>Resumes from the last reading in the store. Before anything else is done with the clock.</summary>
    public void Resume(long offset, long lastReading)
    {
        var now = Now;
        var reading = Math.Max(now + offset, lastReading);
        _base += reading - LeaseNow;
        Volatile.Write(ref _offset, reading - now);
    }

    /// <summary>Notices that the wall clock was set.</summary>
    public bool TryAdjustOffset()
    {
        var offset = LeaseNow - Now;
        if (Math.Abs(offset - Offset) < JumpMilliseconds)
            return false;

        Volatile.Write(ref _offset, offset);
        return true;
    }

    /// <summary>The end of a lease as a date; null for 0, never.</summary>
    public DateTimeOffset? DateOf(long leaseEnd) => leaseEnd == 0 ? null : DateTimeOffset.FromUnixTimeMilliseconds(leaseEnd - Offset);
}
