using Goterra.Core.Access;
using Goterra.Core.Model;

namespace Goterra.Core.Waiting;

/// <summary>The waits held by this process.</summary>
/// <remarks>
/// A wait of several requests keeps its start time if the next request arrives within <see cref="Retention"/>.
/// </remarks>
public sealed class WaitRegistry(TimeProvider time)
{
    private static readonly TimeSpan Retention = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly Dictionary<DeploymentId, Dictionary<WaitKey, WaitRegistration>> _waits = [];

    private DateTimeOffset Now => time.GetUtcNow();

    /// <summary>Requests that wait now.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _waits.Values.Sum(waits => waits.Values.Sum(wait => wait.Requests));
            }
        }
    }

    /// <summary>Publishes the start and end of each wait.</summary>
    public WaitNotifications Notifications { get; } = new(time);

    /// <summary>Registers a wait until <see cref="WaitRegistration.Leave"/> is called.</summary>
    public WaitRegistration Register(Interest interest, int? count, Waiter waiter)
    {
        lock (_gate)
        {
            if (!_waits.TryGetValue(interest.Deployment, out var waits))
                _waits.Add(interest.Deployment, waits = []);
            var key = new WaitKey(waiter.Id, waiter.TokenFamily, interest, count);
            if (!waits.TryGetValue(key, out var wait))
                waits.Add(key, wait = new WaitRegistration(this, key, waiter.Client, Now));

            if (wait.Requests++ == 0)
                Notifications.Publish(interest.Deployment, wait.ToInfo, result: null);
            return wait;
        }
    }

    /// <summary>Lists the waits in a deployment, oldest first.</summary>
    public IReadOnlyList<WaitInfo> List(DeploymentId deployment)
    {
        lock (_gate)
        {
            return _waits.TryGetValue(deployment, out var waits) ? Active(waits.Values) : [];
        }
    }

    /// <summary>
    /// Lists all waits by deployment, and forgets the ended ones. A deployment without waits is listed once more,
    /// empty.
    /// </summary>
    public IReadOnlyDictionary<DeploymentId, IReadOnlyList<WaitInfo>> Sweep()
    {
        lock (_gate)
        {
            var now = Now;
            var active = _waits.ToDictionary(pair => pair.Key, pair => Active(pair.Value.Values));
            foreach (var (deployment, waits) in _waits.ToList())
            {
                foreach (var (key,
                    wait) in waits.Where(wait =>
                        wait.Value.Requests == 0 && now - wait.Value.Left > Retention).ToList())
                    waits.Remove(key);
                if (waits.Count == 0)
                    _waits.Remove(deployment);
            }

            return active;
        }
    }

    internal void Leave(WaitRegistration wait, WaitResult result)
    {
        lock (_gate)
        {
            wait.Left = Now;
            if (--wait.Requests == 0)
                Notifications.Publish(wait.Key.Interest.Deployment, wait.ToInfo, result);
        }
    }

    private static IReadOnlyList<WaitInfo> Active(IEnumerable<WaitRegistration> waits) =>
        [.. waits.Where(wait => wait.Requests > 0).OrderBy(wait => wait.Since).Select(wait => wait.ToInfo())];
}

/// <summary>Requests with the same key are one wait.</summary>
internal readonly record struct WaitKey(string Id, string? TokenFamily, Interest Interest, int? Count);

/// <summary>A registered wait, shared by the requests that belong to it.</summary>
public sealed class WaitRegistration
{
    private readonly WaitRegistry _registry;
    private readonly string _client;

    internal WaitRegistration(WaitRegistry registry, WaitKey key, string client, DateTimeOffset since) =>
        (_registry, Key, _client, Since) = (registry, key, client, since);

    internal WaitKey Key { get; }

    internal DateTimeOffset Since { get; }

    /// <summary>Requests that wait now.</summary>
    internal int Requests { get; set; }

    internal DateTimeOffset Left { get; set; }

    /// <summary>To be called once for each registration.</summary>
    public void Leave(WaitResult result) => _registry.Leave(this, result);

    internal WaitInfo ToInfo() => new(
        Key.Id,
        Key.Interest.IsPrefix ? null : Key.Interest.Text,
        Key.Interest.IsPrefix ? Key.Interest.Text : null,
        Key.Count,
        Since,
        _client)
    { TokenFamily = Key.TokenFamily };
}

/// <summary>A wait, for display.</summary>
/// <param name="Id">The wait's id; not shown.</param>
/// <param name="Key">The key that is waited for; null for a barrier.</param>
/// <param name="Prefix">For a barrier: the prefix of the keys.</param>
/// <param name="Count">For a barrier: how many keys.</param>
public sealed record WaitInfo(string Id, string? Key, string? Prefix, int? Count, DateTimeOffset Since, string Client)
{
    /// <summary>The caller's; see <see cref="Caller.TokenFamily"/>.</summary>
    public string? TokenFamily { get; init; }

    /// <summary>A narrowed credential sees its own waits; a full or observing one sees all.</summary>
    public bool IsVisibleTo(Caller caller) =>
        caller.Scope.SeesAll || (TokenFamily is not null && TokenFamily == caller.TokenFamily);
}
