extern alias cli;
using System.Collections.Concurrent;
using cli::Goterra.Cli.Http;
using Microsoft.Extensions.Time.Testing;

namespace Goterra.Tests.Cli;

/// <summary>
/// A clock that jumps over every pause the client makes, and notes its length. Time limits of requests, which hang on a
/// <see cref="CancellationTokenSource"/>, and the talk beside a wait don't make it move: their time comes when a test
/// advances it.
/// </summary>
internal sealed class SkippingTime : FakeTimeProvider
{
    public ConcurrentQueue<TimeSpan> Pauses { get; } = new();

    /// <summary>Called when a time limit has begun.</summary>
    public Action<TimeSpan>? LimitSet { get; set; }

    /// <summary>Called when a pause begins.</summary>
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
