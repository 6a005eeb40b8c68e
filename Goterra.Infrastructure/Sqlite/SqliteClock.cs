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
    private const long SaveMilliseconds = 1000;

    private readonly long _started = time.GetTimestamp();
    private long _base = time.GetUtcNow().ToUnixTimeMilliseconds();
    private long _offset;
    private LeaseReading _saved = new(0, 0);

    public long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    public long LeaseNow => _base + (long)time.GetElapsedTime(_started).TotalMilliseconds;

    /// <summary>The lease clock minus the wall clock.</summary>
    public long Offset => Volatile.Read(ref _offset);

    /// <summary>Resumes from the saved reading. Called before any other use of the clock.</summary>
    public void Resume(LeaseReading saved)
    {
        var now = Now;
        var reading = Math.Max(now + saved.Offset, saved.LeaseNow);
        _base += reading - LeaseNow;
        Volatile.Write(ref _saved, saved);
        Volatile.Write(ref _offset, reading - now);
    }

    /// <summary>
    /// What has to be saved with a lease: after a crash, the next start resumes from it. Null if the saved reading is
    /// recent, and the wall clock was not set since.
    /// </summary>
    public LeaseReading? Unsaved()
    {
        var now = new LeaseReading(LeaseNow, LeaseNow - Now);
        var saved = Volatile.Read(ref _saved);
        return now.LeaseNow >= saved.LeaseNow + SaveMilliseconds || IsJump(now, saved) ? now : null;
    }

    /// <summary>Whether the wall clock was set since the last reading was saved.</summary>
    public bool HasJumped => IsJump(new LeaseReading(LeaseNow, LeaseNow - Now), Volatile.Read(ref _saved));

    /// <summary>Called after the reading was committed.</summary>
    public void Accept(LeaseReading reading)
    {
        Volatile.Write(ref _saved, reading);
        if (Math.Abs(reading.Offset - Offset) >= JumpMilliseconds)
            Volatile.Write(ref _offset, reading.Offset);
    }

    /// <summary>Converts the end of a lease to a date; null for 0, never.</summary>
    public DateTimeOffset? DateOf(long leaseEnd) =>
        leaseEnd == 0 ? null : DateTimeOffset.FromUnixTimeMilliseconds(leaseEnd - Offset);

    private static bool IsJump(LeaseReading now, LeaseReading saved) =>
        Math.Abs(now.Offset - saved.Offset) >= JumpMilliseconds;
}
