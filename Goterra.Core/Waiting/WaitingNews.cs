using Goterra.Core.Access;
using Goterra.Core.Deployments;

namespace Goterra.Core.Waiting;

/// <summary>
/// Tells those who watch a deployment who begins to wait and who ends, live. A wait tells it once, however many watch, and nobody is called: each
/// watcher fetches at its own pace what is still kept, and learns how much is not.
/// </summary>
public sealed class WaitingNews(TimeProvider time)
{
    /// <summary>What is kept for each deployment that is watched.</summary>
    internal const int MostKept = 250;

    private readonly Lock _gate = new();
    private readonly Dictionary<(DeploymentId Deployment, string? Line), Room> _rooms = [];
    private volatile bool _anybodyFollows;

    /// <summary>The deployments that somebody watches.</summary>
    public IReadOnlySet<DeploymentId> Followed
    {
        get
        {
            lock (_gate)
            {
                return _rooms.Keys.Select(room => room.Deployment).ToHashSet();
            }
        }
    }

    /// <summary>Begins to watch, from now on.</summary>
    internal WaitingFollower Follow(Caller caller)
    {
        // The waits of one line of narrowed credentials are in a room of their own: what is dropped there is counted among those that its watchers may see.
        var room = (caller.Deployment, caller.Scope.IsFull ? null : caller.Line ?? "");
        lock (_gate)
        {
            if (!_rooms.TryGetValue(room, out var followed))
                _rooms.Add(room, followed = new Room());
            followed.Followers++;
            _anybodyFollows = true;
            return new WaitingFollower(this, room, followed.Told, caller, time);
        }
    }

    /// <param name="wait">Made only if somebody watches.</param>
    /// <param name="result">How it ended; null where it began.</param>
    public void Tell(DeploymentId deployment, Func<Waiting> wait, WaitResult? result)
    {
        if (!_anybodyFollows)
            return;

        lock (_gate)
        {
            // Full credentials see all, also where nobody of the line watches.
            var note = new WaitingNote(wait(), result, time.GetUtcNow());
            _rooms.GetValueOrDefault((deployment, null))?.Add(note);
            if (note.Wait.Line is { } line)
                _rooms.GetValueOrDefault((deployment, line))?.Add(note);
        }
    }

    internal (IReadOnlyList<WaitingNote> Notes, long Skipped, long Told) After((DeploymentId, string?) room, long told)
    {
        lock (_gate)
        {
            var followed = _rooms[room];
            var skipped = Math.Max(0, followed.Told - followed.Notes.Count - told);
            var kept = followed.Notes.Count - (int)(followed.Told - told - skipped);
            return ([.. followed.Notes.Skip(kept)], skipped, followed.Told);
        }
    }

    internal Task SignalAfter((DeploymentId, string?) room, long told)
    {
        lock (_gate)
        {
            return _rooms[room].SignalAfter(told);
        }
    }

    internal void Leave((DeploymentId, string?) room)
    {
        lock (_gate)
        {
            if (--_rooms[room].Followers == 0)
                _rooms.Remove(room);
            _anybodyFollows = _rooms.Count > 0;
        }
    }

    private sealed class Room
    {
        private TaskCompletionSource _signal = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int Followers { get; set; }

        public Queue<WaitingNote> Notes { get; } = [];

        /// <summary>How many there were, those that are kept no longer included.</summary>
        public long Told { get; private set; }

        public void Add(WaitingNote note)
        {
            if (Notes.Count == MostKept)
                Notes.Dequeue();
            Notes.Enqueue(note);
            Told++;
            _signal.TrySetResult();
        }

        public Task SignalAfter(long told)
        {
            if (told == Told && _signal.Task.IsCompleted)
                _signal = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _signal.Task;
        }
    }
}

/// <summary>One watcher of the waits of a deployment. Whoever fetched something rests for a moment: a storm of waits is shown in few looks.</summary>
internal sealed class WaitingFollower(WaitingNews news, (DeploymentId, string?) room, long told, Caller caller, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan Breath = TimeSpan.FromMilliseconds(250);

    private long _told = told;
    private long? _fetchedAt;

    /// <summary>How long nothing more is to be had.</summary>
    public TimeSpan Rest => _fetchedAt is { } at && Breath - time.GetElapsedTime(at) is { Ticks: > 0 } rest ? rest : TimeSpan.Zero;

    /// <summary>There is something to fetch.</summary>
    public Task Signalled => news.SignalAfter(room, _told);

    /// <summary>What was told since the last time, and how many more that are kept no longer.</summary>
    public (IReadOnlyList<WaitingNote> Notes, long Skipped) Fetch()
    {
        if (Rest > TimeSpan.Zero)
            return ([], 0);

        var (notes, skipped, told) = news.After(room, _told);
        if (told > _told)
            (_told, _fetchedAt) = (told, time.GetTimestamp());
        return ([.. notes.Where(note => note.Wait.IsShownTo(caller))], skipped);
    }

    public void Dispose() => news.Leave(room);
}

/// <summary>A wait began, or ended.</summary>
/// <param name="Result">How it ended; null where it began.</param>
/// <param name="Time">By the clock of this instance.</param>
public sealed record WaitingNote(Waiting Wait, WaitResult? Result, DateTimeOffset Time);

/// <summary>How a wait ended.</summary>
public enum WaitResult
{
    /// <summary>What it waited for is there.</summary>
    Met,

    TimedOut,

    /// <summary>The deployment was declared failed, or a machine told it under the agreed prefix.</summary>
    Failed,

    /// <summary>The client hung up, or vanished.</summary>
    Left,

    /// <summary>The deployment is no more.</summary>
    Gone,

    /// <summary>The credential expired or was revoked.</summary>
    Unauthorized,

    /// <summary>This instance is being stopped, or can't reach the store; the client was told to come back.</summary>
    Interrupted,

    /// <summary>It was a wait with another instance, which only shows who waits.</summary>
    Unknown,
}
