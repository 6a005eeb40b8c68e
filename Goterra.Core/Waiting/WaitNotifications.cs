using Goterra.Core.Access;
using Goterra.Core.Model;

namespace Goterra.Core.Waiting;

/// <summary>
/// Publishes the start and end of waits to those who watch a deployment. Each notification is stored once, however many
/// subscribers there are. Each subscriber fetches at its own pace what is still kept, and learns how many it missed.
/// </summary>
public sealed class WaitNotifications(TimeProvider time)
{
    /// <summary>Notifications kept per deployment.</summary>
    internal const int MaxKept = 250;

    private readonly Lock _gate = new();
    private readonly Dictionary<Channel, Buffer> _buffers = [];
    private volatile bool _hasSubscribers;

    /// <summary>The deployments that have subscribers.</summary>
    public IReadOnlySet<DeploymentId> Subscribed
    {
        get
        {
            lock (_gate)
            {
                return _buffers.Keys.Select(channel => channel.Deployment).ToHashSet();
            }
        }
    }

    /// <param name="wait">Called only if there are subscribers.</param>
    /// <param name="result">How the wait ended; null if it started.</param>
    public void Publish(DeploymentId deployment, Func<WaitInfo> wait, WaitResult? result)
    {
        if (!_hasSubscribers)
            return;

        lock (_gate)
        {
            // Those who see all waits also see those of narrowed credentials without subscribers.
            var notification = new WaitNotification(wait(), result, time.GetUtcNow());
            _buffers.GetValueOrDefault(new Channel(deployment, null))?.Add(notification);
            if (notification.Wait.TokenFamily is { } family)
                _buffers.GetValueOrDefault(new Channel(deployment, family))?.Add(notification);
        }
    }

    /// <summary>Subscribes to the notifications from now on.</summary>
    internal WaitSubscription Subscribe(Caller caller)
    {
        // A narrowed credential has a channel of its own: what is dropped there is counted among the waits that it may
        // see.
        var channel = new Channel(caller.Deployment, caller.Scope.SeesAll ? null : caller.TokenFamily ?? "");
        lock (_gate)
        {
            if (!_buffers.TryGetValue(channel, out var buffer))
                _buffers.Add(channel, buffer = new Buffer());
            buffer.Subscribers++;
            _hasSubscribers = true;
            return new WaitSubscription(this, channel, buffer.Sequence, caller, time);
        }
    }

    internal (IReadOnlyList<WaitNotification> Notifications, long Skipped, long Sequence) ReadAfter(
        Channel channel, long sequence)
    {
        lock (_gate)
        {
            var buffer = _buffers[channel];
            var skipped = Math.Max(0, buffer.Sequence - buffer.Notifications.Count - sequence);
            var seen = buffer.Notifications.Count - (int)(buffer.Sequence - sequence - skipped);
            return ([.. buffer.Notifications.Skip(seen)], skipped, buffer.Sequence);
        }
    }

    internal Task SignalAfter(Channel channel, long sequence)
    {
        lock (_gate)
        {
            return _buffers[channel].SignalAfter(sequence);
        }
    }

    internal void Unsubscribe(Channel channel)
    {
        lock (_gate)
        {
            if (--_buffers[channel].Subscribers == 0)
                _buffers.Remove(channel);
            _hasSubscribers = _buffers.Count > 0;
        }
    }

    /// <param name="TokenFamily">Null for credentials that see all waits.</param>
    internal readonly record struct Channel(DeploymentId Deployment, string? TokenFamily);

    private sealed class Buffer
    {
        private TaskCompletionSource _signal = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int Subscribers { get; set; }

        public Queue<WaitNotification> Notifications { get; } = [];

        /// <summary>The number of notifications so far, dropped ones included.</summary>
        public long Sequence { get; private set; }

        public void Add(WaitNotification notification)
        {
            if (Notifications.Count == MaxKept)
                Notifications.Dequeue();
            Notifications.Enqueue(notification);
            Sequence++;
            _signal.TrySetResult();
        }

        public Task SignalAfter(long sequence)
        {
            if (sequence == Sequence && _signal.Task.IsCompleted)
                _signal = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _signal.Task;
        }
    }
}

/// <summary>
/// A subscriber to the waits of a deployment. It pauses after each fetch, so that a burst of waits is shown in few
/// batches.
/// </summary>
internal sealed class WaitSubscription(
    WaitNotifications notifications, WaitNotifications.Channel channel, long sequence, Caller caller,
    TimeProvider time) : IDisposable
{
    private static readonly TimeSpan FetchInterval = TimeSpan.FromMilliseconds(250);

    private long _sequence = sequence;
    private long? _fetchedAt;

    /// <summary>The time until the next fetch returns anything.</summary>
    public TimeSpan Delay =>
        _fetchedAt is { } at && FetchInterval - time.GetElapsedTime(at) is { Ticks: > 0 } delay ? delay : TimeSpan.Zero;

    /// <summary>Completes when there is something to fetch.</summary>
    public Task Signaled => notifications.SignalAfter(channel, _sequence);

    /// <summary>Returns the notifications since the last fetch, and the number of those no longer kept.</summary>
    public (IReadOnlyList<WaitNotification> Notifications, long Skipped) Fetch()
    {
        if (Delay > TimeSpan.Zero)
            return ([], 0);

        var (fetched, skipped, current) = notifications.ReadAfter(channel, _sequence);
        if (current > _sequence)
            (_sequence, _fetchedAt) = (current, time.GetTimestamp());
        return ([.. fetched.Where(notification => notification.Wait.IsVisibleTo(caller))], skipped);
    }

    public void Dispose() => notifications.Unsubscribe(channel);
}

/// <summary>A wait started or ended.</summary>
/// <param name="Result">How it ended; null if it started.</param>
/// <param name="Time">By the clock of this instance.</param>
public sealed record WaitNotification(WaitInfo Wait, WaitResult? Result, DateTimeOffset Time);

/// <summary>How a wait ended.</summary>
public enum WaitResult
{
    Met,

    TimedOut,

    /// <summary>The deployment was declared failed, or a key under the failure prefix exists.</summary>
    Failed,

    /// <summary>The client disconnected.</summary>
    Left,

    /// <summary>The deployment was deleted or expired.</summary>
    Gone,

    /// <summary>The credential expired or was revoked.</summary>
    Unauthorized,

    /// <summary>This instance is shutting down or cannot reach the store; the client retries.</summary>
    Interrupted,

    /// <summary>The wait was held by another instance, which does not report how it ended.</summary>
    Unknown,
}
