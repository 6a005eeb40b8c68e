using System.Collections.Concurrent;
using Microsoft.Extensions.Time.Testing;

namespace Goterra.Tests.Cli;

/// <summary>
/// A clock that jumps over every pause the client makes, and notes its length. Time limits of requests, which hang on a
/// <see cref="CancellationTokenSource"/>, don't make it move: they pass when a test advances it.
/// </summary>
internal sealed class SkippingTime : FakeTimeProvider
{
    public ConcurrentQueue<TimeSpan> Pauses { get; } = new();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = base.CreateTimer(callback, state, dueTime, period);
        if (state is not CancellationTokenSource && dueTime > TimeSpan.Zero)
        {
            Pauses.Enqueue(dueTime);
            ThreadPool.QueueUserWorkItem(_ => Advance(dueTime));
        }

        return timer;
    }
}
