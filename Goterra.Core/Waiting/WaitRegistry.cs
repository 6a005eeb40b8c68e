using Goterra.Core.Access;
using Goterra.Core.Model;

namespace Goterra.Core.Waiting;

/// <summary>The waits held by this process.</summary>
/// <remarks>
/// A wait of several requests keeps its start time if the next request arrives within <see cref="Retention"/>.
/// </remarks>
/// <param name="metrics">Null to measure nothing.</param>
public sealed class WaitRegistry(TimeProvider time, WaitMetrics? metrics = null)
{
    private static readonly TimeSpan Retention = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly Dictionary<DeploymentId, Dictionary<WaitKey, WaitRegistration>> _waits = [];
    private readonly EndedWaitBuffer _ended = new();

    private int _count;

    private DateTimeOffset Now => time.GetUtcNow();

    /// <summary>Requests that wait now.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _count;
            }
        }
    }

    /// <summary>Publishes the start and end of each wait, however many requests it takes.</summary>
    public WaitNotifications Notifications { get; } = new(time);

    /// <summary>Records how long a change took to end a wait.</summary>
    internal void RecordWakeUp(TimeSpan delay) => metrics?.RecordWakeUp(delay);

    /// <summary>Registers a wait until <see cref="WaitRegistration.Leave"/> is called.</summary>
    /// <param name="until">When the wait ends at the latest.</param>
    public WaitRegistration Register(Interest interest, int? count, Waiter waiter, DateTimeOffset until)
    {
        lock (_gate)
        {
            if (!_waits.TryGetValue(interest.Deployment, out var waits))
                _waits.Add(interest.Deployment, waits = []);
            var key = new WaitKey(waiter.Id, waiter.TokenFamily, interest, count);
            if (!waits.TryGetValue(key, out var wait))
                waits.Add(key, wait = new WaitRegistration(this, key, waiter, Now));
            wait.Until = until;
            _count++;

            if (wait.Requests++ == 0 && !wait.IsAnnounced)
            {
                wait.IsAnnounced = true;
                Notifications.Publish(interest.Deployment, wait.ToInfo, result: null);
            }

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
    /// Lists all waits by deployment. A deployment whose last wait has ended is listed for a while, empty.
    /// </summary>
    public IReadOnlyDictionary<DeploymentId, IReadOnlyList<WaitInfo>> ListAll()
    {
        lock (_gate)
        {
            return _waits.ToDictionary(pair => pair.Key, pair => Active(pair.Value.Values));
        }
    }

    /// <summary>
    /// Forgets waits that were not continued, and returns those that have ended since the last call.
    /// </summary>
    public IReadOnlyDictionary<DeploymentId, IReadOnlyList<EndedWait>> TakeEnded()
    {
        lock (_gate)
        {
            var now = Now;
            foreach (var (deployment, waits) in _waits.ToList())
            {
                foreach (var (key, wait) in waits.Where(wait =>
                    wait.Value.Requests == 0 && now - wait.Value.Left > Retention).ToList())
                {
                    waits.Remove(key);
                    if (wait.Result is { } result)
                        AnnounceEnd(wait, result);
                    Record(wait);
                }

                if (waits.Count == 0)
                    _waits.Remove(deployment);
            }

            return _ended.Take();
        }
    }

    /// <summary>Puts back what could not be stored.</summary>
    public void ReturnEnded(DeploymentId deployment, IReadOnlyList<EndedWait> waits)
    {
        lock (_gate)
        {
            foreach (var wait in waits)
                _ended.Add(deployment, wait);
        }
    }

    /// <summary>Lists what <see cref="TakeEnded"/> returns next.</summary>
    public IReadOnlyList<EndedWait> ListEnded(DeploymentId deployment)
    {
        lock (_gate)
        {
            return _ended.List(deployment);
        }
    }

    internal void Leave(WaitRegistration wait, WaitResult result)
    {
        lock (_gate)
        {
            wait.Left = Now;
            _count--;
            if (--wait.Requests > 0)
                return;

            wait.Result = result;

            // A client that waits with several requests is about to send the next one.
            if (wait.IsOver || result != WaitResult.TimedOut)
                AnnounceEnd(wait, result);
            if (wait.IsOver)
                Record(wait);
        }
    }

    private void AnnounceEnd(WaitRegistration wait, WaitResult result)
    {
        if (wait.IsAnnounced)
            Notifications.Publish(wait.Key.Interest.Deployment, wait.ToInfo, result);
        wait.IsAnnounced = false;
    }

    private void Record(WaitRegistration wait)
    {
        if (wait.Result is { } result)
        {
            _ended.Add(wait.Key.Interest.Deployment, new EndedWait(wait.ToInfo(), wait.Left, result));
            metrics?.RecordEnded(wait.Left - wait.Since, result);
        }

        wait.Result = null;
    }

    private static IReadOnlyList<WaitInfo> Active(IEnumerable<WaitRegistration> waits) =>
        [.. waits.Where(wait => wait.Requests > 0).OrderBy(wait => wait.Since).Select(wait => wait.ToInfo())];
}

/// <summary>Requests with the same key are one wait.</summary>
internal readonly record struct WaitKey(string Id, string? TokenFamily, Interest Interest, int? Count);

/// <summary>A registered wait, shared by the requests that belong to it.</summary>
public sealed class WaitRegistration
{
    // How much later than planned a wait may end.
    private static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(2);

    private readonly WaitRegistry _registry;
    private readonly Waiter _waiter;

    internal WaitRegistration(WaitRegistry registry, WaitKey key, Waiter waiter, DateTimeOffset since) =>
        (_registry, Key, _waiter, Since) = (registry, key, waiter, since);

    internal WaitKey Key { get; }

    internal DateTimeOffset Since { get; }

    /// <summary>Requests that wait now.</summary>
    internal int Requests { get; set; }

    internal DateTimeOffset Until { get; set; }

    /// <summary>The start was published, and the end was not.</summary>
    internal bool IsAnnounced { get; set; }

    internal DateTimeOffset Left { get; set; }

    /// <summary>How the last request ended; null once that is recorded.</summary>
    internal WaitResult? Result { get; set; }

    /// <summary>No further request will continue the wait.</summary>
    internal bool IsOver => !_waiter.Continues || Left + Tolerance >= Until
        || Result is WaitResult.Met or WaitResult.Failed or WaitResult.Gone or WaitResult.Unauthorized;

    /// <summary>To be called once for each registration.</summary>
    public void Leave(WaitResult result) => _registry.Leave(this, result);

    internal WaitInfo ToInfo() => new(
        Key.Id,
        Key.Interest.IsPrefix ? null : Key.Interest.Text,
        Key.Interest.IsPrefix ? Key.Interest.Text : null,
        Key.Count,
        Since,
        _waiter.Client)
    {
        Until = Until,
        TokenFamily = Key.TokenFamily,
    };
}

/// <summary>A wait, for display.</summary>
/// <param name="Id">The wait's id; not shown.</param>
/// <param name="Key">The key that is waited for; null for a barrier.</param>
/// <param name="Prefix">For a barrier: the prefix of the keys.</param>
/// <param name="Count">For a barrier: how many keys.</param>
public sealed record WaitInfo(string Id, string? Key, string? Prefix, int? Count, DateTimeOffset Since, string Client)
{
    /// <summary>When it ends at the latest, as far as the client has said.</summary>
    public DateTimeOffset Until { get; init; }

    /// <summary>The caller's; see <see cref="Caller.TokenFamily"/>.</summary>
    public string? TokenFamily { get; init; }

    /// <summary>What the requests of one wait have in common, on all instances.</summary>
    public (string Id, string? TokenFamily, string? Key, string? Prefix, int? Count) Identity =>
        (Id, TokenFamily, Key, Prefix, Count);

    /// <summary>A narrowed credential sees its own waits; a full or observing one sees all.</summary>
    public bool IsVisibleTo(Caller caller) =>
        caller.Scope.SeesAll || (TokenFamily is not null && TokenFamily == caller.TokenFamily);
}
