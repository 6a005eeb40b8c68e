namespace Goterra.Core.Waiting;

/// <summary>The watches of one deployment, grouped by what they watch.</summary>
/// <remarks>Not thread-safe: <see cref="ChangeHub"/> holds a lock around every call.</remarks>
/// <param name="subscribed">See <see cref="Watch.Subscribed"/>.</param>
/// <param name="createGroup">Creates a group without watches.</param>
internal sealed class DeploymentWatches(Task subscribed, Func<WatchGroup> createGroup)
{
    private readonly Dictionary<string, WatchGroup> _keys = [];
    private readonly Dictionary<string, WatchGroup> _prefixes = [];

    // The number of prefixes of each length: a change looks up one prefix per length instead of all of them.
    private readonly Dictionary<int, int> _prefixLengths = [];

    public Task Subscribed => subscribed;

    public int Count { get; private set; }

    /// <summary>Those that count as waits.</summary>
    public int Waits { get; private set; }

    public WatchGroup Enter(Interest interest, bool counted)
    {
        var groups = Groups(interest);
        if (!groups.TryGetValue(interest.Text, out var group))
        {
            groups.Add(interest.Text, group = createGroup());
            if (interest.IsPrefix)
                _prefixLengths[interest.Text.Length] = _prefixLengths.GetValueOrDefault(interest.Text.Length) + 1;
        }

        group.Watches++;
        Count++;
        Waits += counted ? 1 : 0;
        return group;
    }

    public void Leave(Interest interest, bool counted)
    {
        Waits -= counted ? 1 : 0;
        Count--;
        var group = Groups(interest)[interest.Text];
        if (--group.Watches > 0)
            return;

        Groups(interest).Remove(interest.Text);
        group.Dispose();
        if (interest.IsPrefix && --_prefixLengths[interest.Text.Length] == 0)
            _prefixLengths.Remove(interest.Text.Length);
    }

    /// <param name="key">Null for a change of the whole deployment.</param>
    public void Signal(string? key)
    {
        if (key is null)
        {
            foreach (var group in _keys.Values.Concat(_prefixes.Values))
                group.Signal();
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

    private Dictionary<string, WatchGroup> Groups(Interest interest) => interest.IsPrefix ? _prefixes : _keys;
}
