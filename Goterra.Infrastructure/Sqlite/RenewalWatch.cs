namespace Goterra.Infrastructure.Sqlite;

/// <summary>
/// Since when leases can be renewed without interruption. After a stop, a pause of the process, or a disk that refused
/// writes, switches fire only after their leases had their full time again.
/// </summary>
internal sealed class RenewalWatch(SqliteClock clock)
{
    // Housekeeping runs every 500 ms.
    private const long MaxSilence = 3000;

    private long _last = long.MinValue;
    private long _since;

    /// <summary>Off in a test whose clock jumps.</summary>
    public bool PostponesSwitches { get; set; } = true;

    /// <summary>How long leases could be renewed until now, in milliseconds.</summary>
    public long Renewable
    {
        get
        {
            var now = clock.LeaseNow;
            return !PostponesSwitches ? long.MaxValue
                : HasBeenSilent(now) ? 0
                : now - Volatile.Read(ref _since);
        }
    }

    /// <summary>Called by each round of housekeeping.</summary>
    /// <param name="isRefusing">The store refuses writes.</param>
    public void RecordSweep(bool isRefusing)
    {
        var now = clock.LeaseNow;
        if (isRefusing || HasBeenSilent(now))
            Volatile.Write(ref _since, now);
        Volatile.Write(ref _last, now);
    }

    private bool HasBeenSilent(long now) =>
        Volatile.Read(ref _last) is var last && (last == long.MinValue || now - last > MaxSilence);
}
