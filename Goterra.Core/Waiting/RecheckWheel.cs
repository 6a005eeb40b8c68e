namespace Goterra.Core.Waiting;

/// <summary>
/// Rechecks every group once per <see cref="Revolution"/>. The groups are distributed evenly over it, so that those of
/// a process that lost its change feed do not all read at once.
/// </summary>
/// <remarks>
/// The timer is periodic and always runs, so no recheck depends on arming it in time. Ticks may overlap, because each
/// takes a slot of its own. A group is rechecked under its own lock, after that of the wheel is released.
/// </remarks>
internal sealed class RecheckWheel : IDisposable
{
    private const int SlotCount = 80;
    private static readonly TimeSpan Revolution = TimeSpan.FromSeconds(20);

    private readonly Lock _gate = new();
    private readonly HashSet<WatchGroup>[] _slots = new HashSet<WatchGroup>[SlotCount];
    private readonly ITimer _timer;
    private int _lastAdded;
    private int _lastRechecked;

    public RecheckWheel(TimeProvider time)
    {
        for (var i = 0; i < SlotCount; i++)
            _slots[i] = [];
        _timer = time.CreateTimer(_ => Tick(), null, Revolution / SlotCount, Revolution / SlotCount);
    }

    /// <returns>The slot of the group.</returns>
    public int Add(WatchGroup group)
    {
        lock (_gate)
        {
            _lastAdded = (_lastAdded + 1) % SlotCount;
            _slots[_lastAdded].Add(group);
            return _lastAdded;
        }
    }

    public void Remove(WatchGroup group, int slot)
    {
        lock (_gate)
        {
            _slots[slot].Remove(group);
        }
    }

    public void Dispose() => _timer.Dispose();

    private void Tick()
    {
        WatchGroup[] due;
        lock (_gate)
        {
            _lastRechecked = (_lastRechecked + 1) % SlotCount;
            due = [.. _slots[_lastRechecked]];
        }

        foreach (var group in due)
            group.Recheck();
    }
}
