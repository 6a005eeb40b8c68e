using System.Globalization;
using System.Runtime.CompilerServices;
using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Goterra.Core.Model;
using Goterra.Core.Waiting;

namespace Goterra.Core.Services;

/// <summary>
/// Streams the events of a deployment. Each client reads on from the last event that it received, at its own pace: a
/// slow one does not delay others, and is notified if events that it has not received are no longer kept.
/// </summary>
/// <remarks>
/// After the events that the client has missed, the stream sends a snapshot of the current state: waits that began
/// earlier are no events. Events that follow may be part of it already.
/// </remarks>
public sealed class EventService(
    IDeploymentRepository repository, ChangeHub hub, WaitRegistry waits, WaitReporter reporter, IEventCursors cursors,
    TimeProvider time)
{
    private const int KeysPerSnapshot = 500;

    /// <summary>The maximum time in which a client receives nothing.</summary>
    private static readonly TimeSpan HeartbeatInterval = TimeSpan.FromSeconds(15);

    /// <summary>While the store, whose clock decides, is unavailable: by how much this one may be ahead.</summary>
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Reads the id of an event, as a client received it: a number, or a cursor of a narrowed caller.
    /// </summary>
    /// <param name="after">The number of the event.</param>
    /// <returns>False if it is not an id of this deployment.</returns>
    public bool TryReadId(Caller caller, string id, out long after)
    {
        var isNumber = long.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out after);

        // From a number, a narrowed caller could tell how many events there are: it gets all that are kept.
        if (isNumber && !caller.Scope.SeesAll)
            after = 0;
        if (!isNumber && cursors.Open(caller.Deployment, id) is { } opened)
            (isNumber, after) = (true, opened);
        return isNumber;
    }

    /// <summary>Starts a stream.</summary>
    /// <param name="after">The last event that the client has received; null for future events only.</param>
    /// <param name="network">That of the client; see <see cref="ChangeHub.TryArm"/>.</param>
    /// <returns>The stream is set if the outcome is <see cref="OutcomeKind.Done"/>.</returns>
    public async Task<(Outcome Outcome, IAsyncEnumerable<StreamItem>? Stream)> WatchAsync(
        Caller caller, long? after, string network, CancellationToken cancellationToken)
    {
        if (!hub.TryArm(Interest.In(caller.Deployment, KeyPrefix.All), network, out var watch, out var limit))
            return (new Outcome(OutcomeKind.TooManyWaits) { Limit = limit }, null);

        try
        {
            await watch.WaitForSubscriptionAsync(HeartbeatInterval, time, cancellationToken);
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
        var sent = time.GetTimestamp();
        var hasSnapshot = false;
        for (var last = 0L; ;)
        {
            if (watch.IsOver)
                yield break;
            if (caller.Epoch.Expires is null && time.GetUtcNow() >= caller.Expires)
            {
                yield return new StreamItem(StreamItemKind.CredentialOver);
                yield break;
            }

            var items = Events(caller, reading, last);
            if (!hasSnapshot && await TrySnapshotAsync(caller, cancellationToken) is { } snapshots)
            {
                hasSnapshot = true;
                items = items.Concat(
                    snapshots.Select(snapshot => new StreamItem(StreamItemKind.Snapshot, Snapshot: snapshot)));
            }

            foreach (var item in items.Concat(Waits(notifications, skipped)))
            {
                yield return item;
                sent = time.GetTimestamp();
            }

            last = Math.Max(last, reading.Last);
            var signal = watch.Signal;
            var (untilRead, untilHeartbeat) = (due - time.GetUtcNow(), HeartbeatInterval - time.GetElapsedTime(sent));
            await PauseAsync(
                signal, subscription, untilRead < untilHeartbeat ? untilRead : untilHeartbeat, cancellationToken);
            cancellationToken.ThrowIfCancellationRequested();

            // Not when the store was read: the changes of others may all be invisible to the caller.
            if (time.GetElapsedTime(sent) >= HeartbeatInterval)
            {
                yield return new StreamItem(StreamItemKind.Heartbeat);
                sent = time.GetTimestamp();
            }

            // Fetched before the store is read, so that the event that ended a wait is sent before the end of the wait.
            (notifications, skipped) = subscription.Fetch();
            if (signal.Task.IsCompleted)
                watch.Signal = signal.Next;
            else if (time.GetUtcNow() < due)
                continue;

            var next = await ReadNextAsync(caller.Deployment, signal, last, cancellationToken);
            if (next is null && time.GetUtcNow() >= caller.Expires + ClockTolerance)
            {
                yield return new StreamItem(StreamItemKind.CredentialOver);
                yield break;
            }

            reading = next ?? reading;
            due = Due(caller, reading);
            switch (DeploymentHead.Deny(reading.Head, caller)?.Kind)
            {
                case OutcomeKind.Gone:
                    yield return new StreamItem(StreamItemKind.Ended);
                    yield break;
                case OutcomeKind.Revoked or OutcomeKind.CredentialExpired:
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

    private IEnumerable<StreamItem> Events(Caller caller, EventReading reading, long last) => reading.Events
        .Where(happened => happened.Number > last && happened.IsVisibleTo(caller))
        .Select(happened =>
            new StreamItem(StreamItemKind.Event, happened.For(caller)) { Id = IdOf(happened, caller) });

    private static IEnumerable<StreamItem> Waits(IReadOnlyList<WaitNotification> notifications, long skipped)
    {
        if (skipped > 0)
            yield return new StreamItem(StreamItemKind.WaitsSkipped, Skipped: skipped);
        foreach (var notification in notifications)
            yield return new StreamItem(StreamItemKind.Wait, Wait: notification);
    }

    private string IdOf(DeploymentEvent happened, Caller caller) => caller.Scope.SeesAll
        ? happened.Number.ToString(CultureInfo.InvariantCulture)
        : cursors.Seal(caller.Deployment, happened.Number);

    /// <returns>Null while the store is unavailable or damaged, or if the deployment has ended: the next reading
    /// tells.</returns>
    private async Task<IReadOnlyList<StreamSnapshot>?> TrySnapshotAsync(
        Caller caller, CancellationToken cancellationToken)
    {
        try
        {
            var listing = await repository.ListAsync(caller.Deployment, KeyPrefix.All, cancellationToken);
            if (DeploymentHead.Deny(listing?.Head, caller) is not null)
                return null;

            var report = await reporter.ReportAsync(caller, listing!.For(caller), cancellationToken);
            var visible = new DeploymentContents(
                listing.Deployment, listing.For(caller).Keys, Values: null).For(caller);
            var slices = visible.Keys.Chunk(KeysPerSnapshot).DefaultIfEmpty([]).ToList();
            return
            [
                .. slices.Select((keys, index) => new StreamSnapshot(
                    visible.Deployment, keys, index == 0 ? report : null, HasMore: index < slices.Count - 1)),
            ];
        }
        catch (Exception e) when (e is StoreUnavailableException or StoreDamagedException)
        {
            return null;
        }
    }

    private async Task PauseAsync(
        WakeSignal signal, WaitSubscription subscription, TimeSpan limit, CancellationToken cancellationToken)
    {
        var signaled = signal.Task;
        if (subscription.Delay is { Ticks: > 0 } rest)
            limit = rest < limit ? rest : limit;
        else
            signaled = Task.WhenAny(signal.Task, subscription.Signaled);
        await signaled.WaitAsync(limit > TimeSpan.Zero ? limit : TimeSpan.Zero, time, cancellationToken)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>When to read the store without a signal.</summary>
    private DateTimeOffset Due(Caller caller, EventReading reading)
    {
        var now = time.GetUtcNow();
        var pause = DeploymentHead.CredentialLeft(reading.Head, caller, now) + TimeSpan.FromMilliseconds(1);
        if (reading.Head?.TimeLeft is { } left && left < pause)
            pause = left + TimeSpan.FromMilliseconds(1);
        return now + (pause < HeartbeatInterval ? pause : HeartbeatInterval);
    }

    /// <returns>Null while the store is unavailable.</returns>
    private async Task<EventReading?> ReadNextAsync(
        DeploymentId deployment, WakeSignal signal, long last, CancellationToken cancellationToken)
    {
        Task<EventReading> ReadAsync(CancellationToken token) => repository.ReadEventsAsync(deployment, last, token);

        try
        {
            if (!signal.Task.IsCompleted)
                return await ReadAsync(cancellationToken);

            // Shared by all streams that are up to date; those further behind read separately.
            var shared = await signal.ReadAsync("events", ReadAsync).WaitAsync(cancellationToken);
            return shared.After == last || (shared.After < last && shared.Complete)
                ? shared
                : await ReadAsync(cancellationToken);
        }
        catch (StoreUnavailableException)
        {
            return null;
        }
    }
}
