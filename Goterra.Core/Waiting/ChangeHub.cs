using System.Diagnostics.CodeAnalysis;
using Goterra.Core.Model;

namespace Goterra.Core.Waiting;

/// <summary>
/// The watches of this process. A change wakes exactly those that it concerns: the watches of its key and of the
/// prefixes that cover it; a change of the whole deployment wakes all of its watches. The cost of a change does not
/// depend on any other watch.
/// </summary>
/// <remarks>
/// A change message is delivered at most once and may be lost, so every watch is also signaled after 10 to 30 s without
/// a signal.
/// </remarks>
/// <param name="feed">The changes of other instances, followed for deployments that are watched here; null if there are
/// none.</param>
public sealed class ChangeHub(Limits limits, TimeProvider time, IChangeFeed? feed = null) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<DeploymentId, DeploymentWatches> _deployments = [];
    private readonly Dictionary<string, int> _waitsByClient = [];
    private int _watches;
    private int _waits;

    /// <summary>The process is stopping: waits end immediately.</summary>
    public bool Closed { get; private set; }

    /// <summary>Deployments watched now.</summary>
    public int Deployments
    {
        get
        {
            lock (_gate)
            {
                return _deployments.Count;
            }
        }
    }

    /// <summary>Waiting requests and event streams now.</summary>
    public int Waits
    {
        get
        {
            lock (_gate)
            {
                return _waits;
            }
        }
    }

    /// <summary>Watches held now.</summary>
    public int Watches
    {
        get
        {
            lock (_gate)
            {
                return _watches;
            }
        }
    }

    /// <summary>
    /// Arms a watch for a waiting request or an event stream. Every change sets its signal, those of other instances
    /// from <see cref="Watch.Subscribed"/> on.
    /// </summary>
    /// <param name="client">The network of the client, which has a limit of its own; empty if it is unknown.</param>
    /// <returns>False if there are too many waits; <paramref name="limit"/> is the limit that was reached.</returns>
    public bool TryArm(
        Interest interest, string client, [NotNullWhen(true)] out Watch? watch, [NotNullWhen(false)] out LimitHit? limit)
    {
        lock (_gate)
        {
            watch = null;
            limit = null;
            if (_waits >= limits.Waits)
                limit = new LimitHit("waits", limits.Waits);
            else if (_deployments.GetValueOrDefault(interest.Deployment)?.Waits >= limits.WaitsPerDeployment)
                limit = new LimitHit("waits_per_deployment", limits.WaitsPerDeployment);

            else if (client.Length > 0 && _waitsByClient.GetValueOrDefault(client) >= limits.WaitsPerAddress)
                limit = new LimitHit("waits_per_address", limits.WaitsPerAddress);

            if (limit is not null)
                return false;

            watch = Arm(interest, client);
            return true;
        }
    }

    /// <summary>
    /// Arms a watch that does not count as a wait: the second one of a request.
    /// </summary>
    public Watch ArmUncounted(Interest interest)
    {
        lock (_gate)
        {
            return Arm(interest, client: null);
        }
    }

    /// <summary>Wakes the watches that a change concerns.</summary>
    public void Publish(Change change)
    {
        lock (_gate)
        {
            if (_deployments.TryGetValue(change.Deployment, out var watches))
                watches.Signal(change.Key);
        }
    }

    /// <summary>Wakes all watches, because changes may have been lost.</summary>
    public void SignalAll()
    {
        lock (_gate)
        {
            foreach (var watches in _deployments.Values)
                watches.Signal(key: null);
        }
    }

    /// <summary>Wakes all watches for the last time.</summary>
    public void Close()
    {
        Closed = true;
        SignalAll();
    }

    public void Dispose() => Close();

    internal void Leave(Interest interest, string? client)
    {
        lock (_gate)
        {
            _watches--;
            Count(client, -1);
            var watches = _deployments[interest.Deployment];
            watches.Leave(interest, client is not null);
            if (watches.Count > 0)
                return;

            _deployments.Remove(interest.Deployment);
            feed?.Unsubscribe(interest.Deployment);
        }
    }

    private void Count(string? client, int difference)
    {
        if (client is null)
            return;

        _waits += difference;
        if (client.Length == 0)
            return;
        var waits = _waitsByClient.GetValueOrDefault(client) + difference;
        if (waits > 0)
            _waitsByClient[client] = waits;
        else
            _waitsByClient.Remove(client);
    }

    /// <param name="client">Null if the watch does not count as a wait.</param>
    private Watch Arm(Interest interest, string? client)
    {
        if (!_deployments.TryGetValue(interest.Deployment, out var watches))
        {
            watches = new DeploymentWatches(
                feed?.SubscribeAsync(interest.Deployment, Publish) ?? Task.CompletedTask);
            _deployments.Add(interest.Deployment, watches);
        }

        _watches++;
        Count(client, 1);
        var group = watches.Enter(interest, client is not null, () => new WatchGroup(time, Recheck));
        return new Watch(this, interest, group.Current, watches.Subscribed, client);
    }

    private void Recheck(WatchGroup group)
    {
        lock (_gate)
        {
            if (group.Watches > 0)
                group.Signal();
        }
    }
}

/// <summary>An armed watch. Disposing of it removes it.</summary>
public sealed class Watch : IDisposable
{
    private static readonly TimeSpan MaxSubscribing = TimeSpan.FromSeconds(5);

    private readonly ChangeHub _hub;
    private readonly Interest _interest;
    private readonly string? _client;
    private bool _disposed;

    internal Watch(ChangeHub hub, Interest interest, WakeSignal signal, Task subscribed, string? client)
    {
        _hub = hub;
        _interest = interest;
        _client = client;
        Subscribed = subscribed;
        Signal = signal;
    }

    /// <summary>Completes when the changes of other instances arrive. The first read comes after it.</summary>
    internal Task Subscribed { get; }

    /// <summary>
    /// Waits for <see cref="Subscribed"/>, at most for a limit: while the store cannot be reached, a wait ends in time
    /// all the same, and a later confirmation or recheck signals the watch. Does not throw.
    /// </summary>
    internal async Task WaitForSubscriptionAsync(
        TimeSpan limit, TimeProvider time, CancellationToken cancellationToken) =>
        await Subscribed.WaitAsync(limit < MaxSubscribing ? limit : MaxSubscribing, time, cancellationToken)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    /// <summary>The signal that this watch waits for.</summary>
    internal WakeSignal Signal { get; set; }

    internal bool IsSignaled => Signal.Task.IsCompleted;

    public void Dispose()
    {
        if (_disposed)
            return;

        _disposed = true;
        _hub.Leave(_interest, _client);
    }

    /// <summary>If the signal is set: arms the next one, and reads together with all who were woken by it.</summary>
    /// <returns>Null if the signal is not set, or the caller gave up before the read ended: thousands of clients that
    /// disconnect at once must not cause as many exceptions.</returns>
    internal async Task<T?> ReadAsync<T>(
        string name, Func<CancellationToken, Task<T>> read, CancellationToken cancellationToken)
        where T : class
    {
        if (!IsSignaled)
            return null;

        var signal = Signal;
        Signal = signal.Next;
        var shared = signal.ReadAsync(name, read);
        await ((Task)shared).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return shared.IsCompleted ? await shared : null;
    }
}
