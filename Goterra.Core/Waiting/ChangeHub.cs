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
    private readonly Dictionary<string, int> _waitsByNetwork = [];
    private int _watches;
    private int _waits;
    private int _era;

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
    /// <param name="network">The network of the client, which has a limit of its own; empty if it is unknown.</param>
    /// <returns>False if there are too many waits; <paramref name="limit"/> is the limit that was reached.</returns>
    public bool TryArm(
        Interest interest, string network, [NotNullWhen(true)] out Watch? watch,
        [NotNullWhen(false)] out LimitHit? limit)
    {
        lock (_gate)
        {
            watch = null;
            limit = null;
            if (_waits >= limits.Waits)
                limit = new LimitHit("waits", limits.Waits);
            else if (_deployments.GetValueOrDefault(interest.Deployment)?.Waits >= limits.WaitsPerDeployment)
                limit = new LimitHit("waits_per_deployment", limits.WaitsPerDeployment);
            else if (network.Length > 0 && _waitsByNetwork.GetValueOrDefault(network) >= limits.WaitsPerAddress)
                limit = new LimitHit("waits_per_address", limits.WaitsPerAddress);

            if (limit is not null)
                return false;

            watch = Arm(interest, network);
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
            return Arm(interest, network: null);
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

    /// <summary>
    /// Ends all waits and streams of now: their clients connect again, and their credentials are checked again.
    /// </summary>
    public void EndAll()
    {
        Interlocked.Increment(ref _era);
        SignalAll();
    }

    /// <summary>Wakes all watches for the last time.</summary>
    public void Close()
    {
        Closed = true;
        SignalAll();
    }

    /// <summary>Whether a watch that was armed in this era has to end.</summary>
    internal bool IsOver(int era) => Closed || era != Volatile.Read(ref _era);

    public void Dispose() => Close();

    internal void Leave(Interest interest, string? network)
    {
        lock (_gate)
        {
            _watches--;
            Count(network, -1);
            var watches = _deployments[interest.Deployment];
            watches.Leave(interest, network is not null);
            if (watches.Count > 0)
                return;

            _deployments.Remove(interest.Deployment);
            feed?.Unsubscribe(interest.Deployment);
        }
    }

    private void Count(string? network, int difference)
    {
        if (network is null)
            return;

        _waits += difference;
        if (network.Length == 0)
            return;
        var waits = _waitsByNetwork.GetValueOrDefault(network) + difference;
        if (waits > 0)
            _waitsByNetwork[network] = waits;
        else
            _waitsByNetwork.Remove(network);
    }

    /// <param name="network">Null if the watch does not count as a wait.</param>
    private Watch Arm(Interest interest, string? network)
    {
        if (!_deployments.TryGetValue(interest.Deployment, out var watches))
        {
            watches = new DeploymentWatches(
                feed?.SubscribeAsync(interest.Deployment, Publish) ?? Task.CompletedTask);
            _deployments.Add(interest.Deployment, watches);
        }

        _watches++;
        Count(network, 1);
        var group = watches.Enter(interest, network is not null, () => new WatchGroup(time, Recheck));
        return new Watch(this, interest, group.Current, watches.Subscribed, network) { Era = _era };
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
