namespace Goterra.Cli.Connection;

/// <summary>The one moment at which a command gives up, on the monotonic clock: the wall clock of a young machine jumps.</summary>
internal sealed class Deadline(TimeProvider time, TimeSpan length)
{
    private readonly long _start = time.GetTimestamp();

    public TimeSpan Length { get; } = length;

    public TimeSpan Remaining => TimeSpan.FromTicks(Math.Max(0, (Length - time.GetElapsedTime(_start)).Ticks));

    public bool IsOver => Remaining == TimeSpan.Zero;
}
