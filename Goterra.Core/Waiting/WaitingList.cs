using Goterra.Core.Deployments;

namespace Goterra.Core.Waiting;

/// <summary>Who waits for what in this process.</summary>
/// <remarks>A wait of several requests keeps its beginning if the next request comes within <see cref="Memory"/>.</remarks>
public sealed class WaitingList(TimeProvider time)
{
    private static readonly TimeSpan Memory = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly Dictionary<DeploymentId, Dictionary<(string Id, string? Line, Interest Interest, int? Count), WaitingSeat>> _waits = [];

    private DateTimeOffset Now => time.GetUtcNow();

    /// <summary>Waits at this moment.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _waits.Values.Sum(seats => seats.Values.Sum(seat => seat.Taken));
            }
        }
    }

    /// <summary>Tells who begins to wait and who ends.</summary>
    public WaitingNews News { get; } = new(time);

    /// <summary>Puts a wait on the list until it leaves its seat.</summary>
    public WaitingSeat Enter(Interest interest, int? count, Waiter waiter)
    {
        lock (_gate)
        {
            if (!_waits.TryGetValue(interest.Deployment, out var seats))
                _waits.Add(interest.Deployment, seats = []);
            if (!seats.TryGetValue((waiter.Id, waiter.Line, interest, count), out var seat))
                seats.Add((waiter.Id, waiter.Line, interest, count), seat = new WaitingSeat(this, interest, count, waiter, Now));

            if (seat.Taken++ == 0)
                News.Tell(interest.Deployment, seat.Show, result: null);
            return seat;
        }
    }

    /// <summary>The waits of a deployment, the oldest first.</summary>
    public IReadOnlyList<Waiting> Of(DeploymentId deployment)
    {
        lock (_gate)
        {
            return _waits.TryGetValue(deployment, out var seats) ? Shown(seats.Values) : [];
        }
    }

    /// <summary>All waits, by deployment; a deployment that nobody waits for any more is shown once more, empty.</summary>
    public IReadOnlyDictionary<DeploymentId, IReadOnlyList<Waiting>> Sweep()
    {
        lock (_gate)
        {
            var now = Now;
            var shown = _waits.ToDictionary(pair => pair.Key, pair => Shown(pair.Value.Values));
            foreach (var (deployment, seats) in _waits.ToList())
            {
                foreach (var seat in seats.Values.Where(seat => seat.Taken == 0 && now - seat.Left > Memory).ToList())
                    seats.Remove((seat.Waiter.Id, seat.Waiter.Line, seat.Interest, seat.Count));
                if (seats.Count == 0)
                    _waits.Remove(deployment);
            }

            return shown;
        }
    }

    internal void Leave(WaitingSeat seat, WaitResult result)
    {
        lock (_gate)
        {
            seat.Left = Now;
            if (--seat.Taken == 0)
                News.Tell(seat.Interest.Deployment, seat.Show, result);
        }
    }

    private static IReadOnlyList<Waiting> Shown(IEnumerable<WaitingSeat> seats) =>
        [.. seats.Where(seat => seat.Taken > 0).OrderBy(seat => seat.Since).Select(seat => seat.Show())];
}

/// <summary>A wait on the list. Requests of the same wait share it.</summary>
public sealed class WaitingSeat
{
    private readonly WaitingList _list;

    internal WaitingSeat(WaitingList list, Interest interest, int? count, Waiter waiter, DateTimeOffset since) =>
        (_list, Interest, Count, Waiter, Since) = (list, interest, count, waiter, since);

    internal Interest Interest { get; }

    internal int? Count { get; }

    internal Waiter Waiter { get; }

    internal DateTimeOffset Since { get; }

    /// <summary>Requests that wait at this moment.</summary>
    internal int Taken { get; set; }

    internal DateTimeOffset Left { get; set; }

    /// <summary>To be called once for each time that it was entered.</summary>
    public void Leave(WaitResult result) => _list.Leave(this, result);

    internal Waiting Show() => new(
        Waiter.Id, Interest.IsPrefix ? null : Interest.Text, Interest.IsPrefix ? Interest.Text : null, Count, Since, Waiter.Client) { Line = Waiter.Line };
}

/// <summary>One wait, as it is shown.</summary>
/// <param name="Id">The wait's own id; shown to nobody.</param>
/// <param name="Key">What it waits for: a key, or</param>
/// <param name="Prefix">keys with a prefix,</param>
/// <param name="Count">so many of them.</param>
public sealed record Waiting(string Id, string? Key, string? Prefix, int? Count, DateTimeOffset Since, string Client)
{
    /// <summary>That of the caller; see <see cref="Access.Caller.Line"/>.</summary>
    public string? Line { get; init; }

    /// <summary>A narrowed caller may see its own waits, whoever has a full credential all.</summary>
    public bool IsShownTo(Access.Caller caller) => caller.Scope.IsFull || (Line is not null && Line == caller.Line);
}
