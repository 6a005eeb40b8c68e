using Goterra.Core.Deployments;

namespace Goterra.Core.Waiting;

/// <summary>Who waits for what in this process.</summary>
/// <remarks>A wait of several requests keeps its beginning if the next request comes within <see cref="Memory"/>.</remarks>
public sealed class WaitingList(TimeProvider time)
{
    private static readonly TimeSpan Memory = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly Dictionary<DeploymentId, Dictionary<(string Id, string? Line, Interest Interest, int? Count), Seat>> _waits = [];

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

    /// <summary>Puts a wait on the list until what is returned is disposed of.</summary>
    public IDisposable Enter(Interest interest, int? count, Waiter waiter)
    {
        lock (_gate)
        {
            if (!_waits.TryGetValue(interest.Deployment, out var seats))
                _waits.Add(interest.Deployment, seats = []);
            if (!seats.TryGetValue((waiter.Id, waiter.Line, interest, count), out var seat))
                seats.Add((waiter.Id, waiter.Line, interest, count), seat = new Seat(interest, count, waiter, Now));

            seat.Taken++;
            return new Leave(this, seat);
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

    private static IReadOnlyList<Waiting> Shown(IEnumerable<Seat> seats) =>
        [.. seats.Where(seat => seat.Taken > 0)
            .OrderBy(seat => seat.Since)
            .Select(seat => new Waiting(
                seat.Waiter.Id,
                seat.Interest.IsPrefix ? null : seat.Interest.Text,
                seat.Interest.IsPrefix ? seat.Interest.Text : null,
                seat.Count,
                seat.Since,
                seat.Waiter.Client) { Line = seat.Waiter.Line })];

    private sealed class Seat(Interest interest, int? count, Waiter waiter, DateTimeOffset since)
    {
        public Interest Interest { get; } = interest;

        public int? Count { get; } = count;

        public Waiter Waiter { get; } = waiter;

        public DateTimeOffset Since { get; } = since;

        public int Taken { get; set; }

        public DateTimeOffset Left { get; set; }
    }

    private sealed class Leave(WaitingList list, Seat seat) : IDisposable
    {
        public void Dispose()
        {
            lock (list._gate)
            {
                seat.Taken--;
                seat.Left = list.Now;
            }
        }
    }
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
