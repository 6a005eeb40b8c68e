extern alias cli;
using System.Collections.Concurrent;
using cli::Goterra.Cli.Http;
using Microsoft.Extensions.Time.Testing;

namespace Goterra.Tests.Support;

/// <summary>
/// A clock that skips the delays of the client, and records them. Timeouts (timers of a
/// <see cref="CancellationTokenSource"/>) and progress messages do not advance it: they fire when a test advances it.
/// </summary>
internal sealed class SkippingTime : FakeTimeProvider
{
    public ConcurrentQueue<TimeSpan> Pauses { get; } = new();

    /// <summary>Called when a timeout starts.</summary>
    public Action<TimeSpan>? LimitSet { get; set; }

    /// <summary>Called when a delay starts.</summary>
    public Action? PauseBegins { get; set; }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = base.CreateTimer(callback, state, dueTime, period);
        if (state is CancellationTokenSource)
            LimitSet?.Invoke(dueTime);
        if (state is not (CancellationTokenSource or WaitNotice) && dueTime > TimeSpan.Zero)
        {
            Pauses.Enqueue(dueTime);
            PauseBegins?.Invoke();
            ThreadPool.QueueUserWorkItem(_ => Advance(dueTime));
        }

        return timer;
    }
}
