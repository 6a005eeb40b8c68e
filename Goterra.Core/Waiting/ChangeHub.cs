using System.Diagnostics.CodeAnalysis;
using Goterra.Core.Deployments;

namespace Goterra.Core.Waiting;

/// <summary>
/// Who in this process watches what. A change wakes exactly those whom it concerns: the watches of its key, and those of the prefixes that
/// cover it; a change of the whole deployment wakes all of its watches. The cost of a change does not depend on any other watch.
/// </summary>
/// <remarks>
/// A watch that nobody signals is signalled all the same after a jittered 10 to 30 s: changes travel at most once, and one may be lost.
/// </remarks>
public sealed class ChangeHub(Limits limits, TimeProvider time) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<DeploymentId, Room> _rooms = [];
    private int _watches;
    private int _waits;

    /// <summary>The process is stopping: whoever waits answers at once.</summary>
    public bool Closed { get; private set; }

    /// <summary>Deployments that somebody watches at this moment.</summary>
    public int Deployments
    {
        get
        {
            lock (_gate)
            {
                return _rooms.Count;
            }
        }
    }

    /// <summary>Watches held at this moment.</summary>
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

    /// <summary>Begins to watch; every change from now on is noticed, also the ones before the first look at <see cref="Watch"/>.</summary>
    /// <returns>False where this would be one wait too many; <paramref name="limit"/> says by which limit.</returns>
    public bool TryArm(Interest interest, [NotNullWhen(true)] out Watch? watch, [NotNullWhen(false)] out LimitHit? limit)
    {
        lock (_gate)
        {
            watch = null;
            limit = null;
            var room = _rooms.GetValueOrDefault(interest.Deployment);
            if (_waits >= limits.Waits)
                limit = new LimitHit("waits", limits.Waits);
            else if (room?.Waits >= limits.WaitsPerDeployment)
                limit = new LimitHit("waits_per_deployment", limits.WaitsPerDeployment);

            if (limit is not null)
                return false;

            watch = Arm(interest, counts: true);
            return true;
        }
    }

    /// <summary>Begins to watch without being a wait: something more for one that has been let in, or a stream of events.</summary>
    public Watch ArmBeside(Interest interest)
    {
        lock (_gate)
        {
            return Arm(interest, counts: false);
        }
    }

    /// <summary>Wakes everybody whom the change concerns.</summary>
    public void Publish(Change change)
    {
        lock (_gate)
        {
            if (_rooms.TryGetValue(change.Deployment, out var room))
                room.Signal(change.Key);
        }
    }

    /// <summary>Wakes everybody: changes may have been lost.</summary>
    public void SignalAll()
    {
        lock (_gate)
        {
            foreach (var room in _rooms.Values)
                room.Signal(key: null);
        }
    }

    /// <summary>Wakes everybody, for the last time.</summary>
    public void Close()
    {
        Closed = true;
        SignalAll();
    }

    public void Dispose() => Close();

    internal void Leave(Interest interest, bool counts)
    {
        lock (_gate)
        {
            _watches--;
            _waits -= counts ? 1 : 0;
            var room = _rooms[interest.Deployment];
            room.Leave(interest, counts);
            if (room.Watches == 0)
                _rooms.Remove(interest.Deployment);
        }
    }

    private Watch Arm(Interest interest, bool counts)
    {
        if (!_rooms.TryGetValue(interest.Deployment, out var room))
            _rooms.Add(interest.Deployment, room = new Room());

        _watches++;
        _waits += counts ? 1 : 0;
        return new Watch(this, interest, room.Enter(interest, counts, () => new Topic(time, Beat)), counts);
    }

    private void Beat(Topic topic)
    {
        lock (_gate)
        {
            if (topic.Watches > 0)
                topic.Signal();
        }
    }

    /// <summary>The topics of one deployment.</summary>
    private sealed class Room
    {
        private readonly Dictionary<string, Topic> _keys = [];
        private readonly Dictionary<string, Topic> _prefixes = [];

        // How many prefixes there are of each length: a change looks up one prefix a length, never all of them.
        private readonly Dictionary<int, int> _prefixLengths = [];

        public int Watches { get; private set; }

        public int Waits { get; private set; }

        public Topic Enter(Interest interest, bool counts, Func<Topic> create)
        {
            Waits += counts ? 1 : 0;
            var topics = Topics(interest);
            if (!topics.TryGetValue(interest.Text, out var topic))
            {
                topics.Add(interest.Text, topic = create());
                if (interest.IsPrefix)
                    _prefixLengths[interest.Text.Length] = _prefixLengths.GetValueOrDefault(interest.Text.Length) + 1;
            }

            topic.Watches++;
            Watches++;
            return topic;
        }

        public void Leave(Interest interest, bool counts)
        {
            Waits -= counts ? 1 : 0;
            Watches--;
            var topic = Topics(interest)[interest.Text];
            if (--topic.Watches > 0)
                return;

            Topics(interest).Remove(interest.Text);
            topic.Dispose();
            if (interest.IsPrefix && --_prefixLengths[interest.Text.Length] == 0)
                _prefixLengths.Remove(interest.Text.Length);
        }

        public void Signal(string? key)
        {
            if (key is null)
            {
                foreach (var topic in _keys.Values.Concat(_prefixes.Values))
                    topic.Signal();
                return;
            }

            if (_keys.TryGetValue(key, out var exact))
                exact.Signal();

            var prefixes = _prefixes.GetAlternateLookup<ReadOnlySpan<char>>();
            foreach (var length in _prefixLengths.Keys)
            {
                if (length <= key.Length && prefixes.TryGetValue(key.AsSpan(0, length), out var covering))
                    covering.Signal();
            }
        }

        private Dictionary<string, Topic> Topics(Interest interest) => interest.IsPrefix ? _prefixes : _keys;
    }
}

/// <summary>One armed watch. Disposing of it leaves nothing behind.</summary>
public sealed class Watch : IDisposable
{
    private readonly ChangeHub _hub;
    private readonly Interest _interest;
    private readonly bool _counts;
    private bool _left;

    internal Watch(ChangeHub hub, Interest interest, Topic topic, bool counts)
    {
        _hub = hub;
        _interest = interest;
        _counts = counts;
        Wake = topic.Current;
    }

    /// <summary>The signal that this watch waits for.</summary>
    internal Wake Wake { get; set; }

    public void Dispose()
    {
        if (_left)
            return;

        _left = true;
        _hub.Leave(_interest, _counts);
    }
}
