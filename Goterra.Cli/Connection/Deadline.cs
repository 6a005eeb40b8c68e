namespace Goterra.Cli.Connection;

/// <summary>The one moment at which a command gives up, on the monotonic clock: the wall clock of a young machine jumps.</summary>
internal sealed class Deadline(TimeProvider time, TimeSpan length)
{
    private long _start = time.GetTimestamp();

    public TimeSpan Length { get; } = length;

    public TimeSpan Remaining => TimeSpan.FromTicks(Math.Max(0, (Length - Elapsed).Ticks));

    public TimeSpan Elapsed => time.GetElapsedTime(_start);

    public bool IsOver => Remaining == TimeSpan.Zero;

    public void StartAgain() => _start = time.GetTimestamp();
}
