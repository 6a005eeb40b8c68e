using System.Runtime.CompilerServices;
using Goterra.Core.Access;
using Goterra.Core.Waiting;

namespace Goterra.Core.Deployments;

/// <summary>
/// Shows what happens in a deployment, while it happens. Each watcher reads on from the last event that it was shown, at its own pace: a slow one
/// holds nobody up, and is told when it has fallen behind what is kept.
/// </summary>
public sealed class EventService(IDeploymentRepository repository, ChangeHub hub, WaitRegistry waits, TimeProvider time)
{
    /// <summary>How long nothing is sent at most.</summary>
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    /// <summary>Begins to watch.</summary>
    /// <param name="after">The last event that the caller has seen; null to see only what is still to come.</param>
    /// <returns>The stream is there when the outcome is <see cref="OutcomeKind.Done"/>.</returns>
    public async Task<(Outcome Outcome, IAsyncEnumerable<StreamItem>? Stream)> WatchAsync(Caller caller, long? after, CancellationToken cancellationToken)
    {
        var watch = hub.ArmUncounted(Interest.In(caller.Deployment, KeyPrefix.All));
        try
        {
            var reading = await repository.ReadEventsAsync(caller.Deployment, after, cancellationToken);
            if (DeploymentHead.Deny(reading.Head, caller) is not { } denied)
            {
                var stream = StreamAsync(caller, watch, reading, cancellationToken);
                watch = null;
                return (Outcome.Done, stream);
            }

            return (denied, null);
        }
        finally
        {
            watch?.Dispose();
        }
    }

    private async IAsyncEnumerable<StreamItem> StreamAsync(
        Caller caller, Watch watch, EventReading reading, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var armed = watch;
        using var subscription = waits.Notifications.Subscribe(caller);
        yield return new StreamItem(StreamItemKind.Opened);
        if (!reading.Complete)
            yield return new StreamItem(StreamItemKind.Reset);

        var (notifications, skipped) = subscription.Fetch();
        var due = Due(caller, reading);
        for (var last = 0L; ;)
        {
            if (hub.Closed)
                yield break;
            if (time.GetUtcNow() >= caller.Expires)
            {
                yield return new StreamItem(StreamItemKind.CredentialOver);
                yield break;
            }

            foreach (var happened in reading.Events.Where(happened => happened.Number > last && happened.IsShownTo(caller)))
                yield return new StreamItem(StreamItemKind.Event, happened);
            last = Math.Max(last, reading.Last);
            if (skipped > 0)
                yield return new StreamItem(StreamItemKind.WaitsSkipped, Skipped: skipped);
            foreach (var notification in notifications)
                yield return new StreamItem(StreamItemKind.Wait, Wait: notification);

            var signal = watch.Signal;
            await PauseAsync(signal, subscription, due - time.GetUtcNow(), cancellationToken);
            cancellationToken.ThrowIfCancellationRequested();

            // Before the store is read: what ended a wait is shown before the end of the wait.
            (notifications, skipped) = subscription.Fetch();
            if (signal.Task.IsCompleted)
                watch.Signal = signal.Next;
            else if (time.GetUtcNow() < due)
                continue;
            else
                yield return new StreamItem(StreamItemKind.Heartbeat);

            reading = await NextAsync(caller.Deployment, signal, last, cancellationToken) ?? reading;
            due = Due(caller, reading);
            switch (DeploymentHead.Deny(reading.Head, caller)?.Kind)
            {
                case OutcomeKind.Gone:
                    yield return new StreamItem(StreamItemKind.Ended);
                    yield break;
                case OutcomeKind.Revoked:
                    yield return new StreamItem(StreamItemKind.CredentialOver);
                    yield break;
            }

            if (!reading.Complete)
            {
                yield return new StreamItem(StreamItemKind.Lagging);
                yield break;
            }
        }
    }

    private async Task PauseAsync(WakeSignal signal, WaitSubscription subscription, TimeSpan limit, CancellationToken cancellationToken)
    {
        var signaled = signal.Task;
        if (subscription.Delay is { Ticks: > 0 } rest)
            limit = rest < limit ? rest : limit;
        else
            signaled = Task.WhenAny(signal.Task, subscription.Signaled);
        await signaled.WaitAsync(limit > TimeSpan.Zero ? limit : TimeSpan.Zero, time, cancellationToken)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>When to look though nothing was signalled.</summary>
    private DateTimeOffset Due(Caller caller, EventReading reading)
    {
        var now = time.GetUtcNow();
        var pause = caller.Expires - now;
        if (reading.Head?.TimeLeft is { } left && left < pause)
            pause = left + TimeSpan.FromMilliseconds(1);
        return now + (pause < Heartbeat ? pause : Heartbeat);
    }

    /// <returns>Null while the store can't be reached.</returns>
    private async Task<EventReading?> NextAsync(DeploymentId deployment, WakeSignal signal, long last, CancellationToken cancellationToken)
    {
        Task<EventReading> ReadAsync(CancellationToken token) => repository.ReadEventsAsync(deployment, last, token);

        try
        {
            if (!signal.Task.IsCompleted)
                return await ReadAsync(cancellationToken);

            // Shared by all watchers who are up to date; whoever is further behind reads for himself.
            var shared = await signal.ReadAsync("events", ReadAsync).WaitAsync(cancellationToken);
            return shared.After == last || (shared.After < last && shared.Complete) ? shared : await ReadAsync(cancellationToken);
        }
        catch (StoreUnavailableException)
        {
            return null;
        }
    }
}

/// <param name="Event">With <see cref="StreamItemKind.Event"/>.</param>
/// <param name="Wait">With <see cref="StreamItemKind.Wait"/>.</param>
/// <param name="Skipped">With <see cref="StreamItemKind.WaitsSkipped"/>: how many.</param>
public readonly record struct StreamItem(StreamItemKind Kind, DeploymentEvent? Event = null, WaitNotification? Wait = null, long Skipped = 0);

public enum StreamItemKind
{
    Event,

    /// <summary>Somebody began or ended to wait.</summary>
    Wait,

    /// <summary>So many waits began or ended at once that not all of them are shown.</summary>
    WaitsSkipped,

    /// <summary>The first one: what happens from here on is shown.</summary>
    Opened,

    /// <summary>Nothing happened; the connection is alive.</summary>
    Heartbeat,

    /// <summary>Not all events since the one that was asked for are kept; what follows are those that are.</summary>
    Reset,

    /// <summary>The last one: the watcher was too slow, events that it has not seen are kept no longer.</summary>
    Lagging,

    /// <summary>The last one: the credential expired or was revoked.</summary>
    CredentialOver,

    /// <summary>The last one: the deployment is deleted, or its time is over.</summary>
    Ended,
}
