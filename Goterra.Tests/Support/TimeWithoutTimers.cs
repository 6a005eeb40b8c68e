namespace Goterra.Tests.Support;

/// <summary>The system's time, but nothing happens by itself: housekeeping runs when a test says so.</summary>
public sealed class TimeWithoutTimers : TimeProvider
{
    public override ITimer CreateTimer(
        TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => new Inert();

    private sealed class Inert : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose()
        {
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
