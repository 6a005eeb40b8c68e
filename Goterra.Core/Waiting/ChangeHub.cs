using System.Diagnostics.CodeAnalysis;
using Goterra.Core.Model;

namespace Goterra.Core.Waiting;

/// <summary>
/// The watches of this process. A change wakes exactly those that it concerns: the watches of its key and of the
/// prefixes that cover it; a change of the whole deployment wakes all of its watches. The cost of a change does not
/// depend on any other watch.
/// </summary>
/// <remarks>
/// <para>
/// A change message is delivered at most once and may be lost, so every watch is also signaled after 10 to 30 s without
/// a signal.
/// </para>
/// <para>
/// Deployments are distributed over shards with a lock each: those of different shards do not wait for each other.
/// Locks are taken in the order shard, quota or wheel or feed, and nothing waits while it holds one.
/// </para>
/// </remarks>
public sealed class ChangeHub : IDisposable
{
    private const int ShardCount = 64;

    private readonly WaitQuota _quota;
    private readonly RecheckWheel _rechecks;
    private readonly Shard[] _shards = new Shard[ShardCount];
    private readonly IChangeFeed? _feed;
    private volatile bool _closed;
    private int _era;

    /// <param name="feed">The changes of other instances, followed for deployments that are watched here; null if there
    /// are none.</param>
    public ChangeHub(Limits limits, TimeProvider time, IChangeFeed? feed = null)
    {
        (_quota, _rechecks, _feed) = (new WaitQuota(limits), new RecheckWheel(time), feed);
        for (var i = 0; i < ShardCount; i++)
            _shards[i] = new Shard(_rechecks, time);
    }

    /// <summary>The process is stopping: waits end immediately.</summary>
    public bool Closed => _closed;

    /// <summary>Deployments watched now.</summary>
    public int Deployments => Sum(shard => shard.Deployments.Count);

    /// <summary>Waiting requests and event streams now.</summary>
    public int Waits => _quota.Waits;

    /// <summary>Watches held now.</summary>
    public int Watches => Sum(shard => shard.Deployments.Values.Sum(watches => watches.Count));

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
        var shard = ShardOf(interest.Deployment);
        lock (shard.Gate)
        {
            watch = null;
            var waits = shard.Deployments.GetValueOrDefault(interest.Deployment)?.Waits ?? 0;
            if (!_quota.TryEnter(waits, network, out limit))
                return false;

            watch = Arm(shard, interest, network);
            return true;
        }
    }

    /// <summary>
    /// Arms a watch that does not count as a wait: the second one of a request.
    /// </summary>
    public Watch ArmUncounted(Interest interest)
    {
        var shard = ShardOf(interest.Deployment);
        lock (shard.Gate)
        {
            return Arm(shard, interest, network: null);
        }
    }

    /// <summary>Wakes the watches that a change concerns.</summary>
    public void Publish(Change change)
    {
        var shard = ShardOf(change.Deployment);
        lock (shard.Gate)
        {
            if (shard.Deployments.TryGetValue(change.Deployment, out var watches))
                watches.Signal(change.Key);
        }
    }

    /// <summary>Wakes all watches, because changes may have been lost.</summary>
    public void SignalAll()
    {
        foreach (var shard in _shards)
        {
            lock (shard.Gate)
            {
                foreach (var watches in shard.Deployments.Values)
                    watches.Signal(key: null);
            }
        }
    }

    /// <summary>
    /// Ends all waits and streams of now: their clients connect again, and their credentials are checked again.
    /// </summary>
    public void EndAll()
    {
        // Before the signals: a watch that is armed too late for one, under the same lock, is of the new era.
        Interlocked.Increment(ref _era);
        SignalAll();
    }

    /// <summary>Wakes all watches for the last time.</summary>
    public void Close()
    {
        _closed = true;
        SignalAll();
    }

    /// <summary>Whether a watch that was armed in this era has to end.</summary>
    internal bool IsOver(int era) => Closed || era != Volatile.Read(ref _era);

    public void Dispose()
    {
        _rechecks.Dispose();
        Close();
    }

    internal void Leave(Interest interest, string? network)
    {
        var shard = ShardOf(interest.Deployment);
        lock (shard.Gate)
        {
            if (network is not null)
                _quota.Leave(network);
            var watches = shard.Deployments[interest.Deployment];
            watches.Leave(interest, network is not null);
            if (watches.Count > 0)
                return;

            // Under the lock, so that it does not overtake the subscription of a new watch.
            shard.Deployments.Remove(interest.Deployment);
            _feed?.Unsubscribe(interest.Deployment);
        }
    }

    private Shard ShardOf(DeploymentId deployment) => _shards[(uint)deployment.GetHashCode() % ShardCount];

    private int Sum(Func<Shard, int> count)
    {
        var sum = 0;
        foreach (var shard in _shards)
        {
            lock (shard.Gate)
            {
                sum += count(shard);
            }
        }

        return sum;
    }

    /// <param name="network">Null if the watch does not count as a wait.</param>
    private Watch Arm(Shard shard, Interest interest, string? network)
    {
        if (!shard.Deployments.TryGetValue(interest.Deployment, out var watches))
        {
            watches = new DeploymentWatches(
                _feed?.SubscribeAsync(interest.Deployment, Publish) ?? Task.CompletedTask, shard.CreateGroup);
            shard.Deployments.Add(interest.Deployment, watches);
        }

        var group = watches.Enter(interest, network is not null);
        return new Watch(this, interest, group.Current, watches.Subscribed, network) { Era = Volatile.Read(ref _era) };
    }

    private sealed class Shard(RecheckWheel rechecks, TimeProvider time)
    {
        public Lock Gate { get; } = new();

        public Dictionary<DeploymentId, DeploymentWatches> Deployments { get; } = [];

        public WatchGroup CreateGroup() => new(Gate, rechecks, time);
    }
}
