namespace Goterra.Tests.Support;

/// <summary>
/// The system's time without timers of 10 s or more: watches are not rechecked, so a wait that misses a change never
/// ends.
/// </summary>
public sealed class TimeWithoutRechecks : TimeProvider
{
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(10);
    private readonly TimeWithoutTimers _none = new();

    public override ITimer CreateTimer(
        TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        (dueTime >= Shortest ? _none : System).CreateTimer(callback, state, dueTime, period);
}
