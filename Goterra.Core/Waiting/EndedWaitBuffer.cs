using Goterra.Core.Model;

namespace Goterra.Core.Waiting;

/// <summary>
/// The waits that have ended since they were last written to the store. Not thread-safe: <see cref="WaitRegistry"/>
/// holds its lock around every call.
/// </summary>
internal sealed class EndedWaitBuffer
{
    /// <summary>In all deployments together; while the store is unavailable, further ones are not recorded.</summary>
    private const int MaxPending = 20_000;

    private readonly Dictionary<DeploymentId, List<EndedWait>> _pending = [];
    private int _count;

    public void Add(DeploymentId deployment, EndedWait wait)
    {
        if (_count >= MaxPending)
            return;
        if (!_pending.TryGetValue(deployment, out var waits))
            _pending.Add(deployment, waits = []);
        if (waits.Count == IEndedWaits.MaxKept)
            waits.RemoveAt(0);
        else
            _count++;
        waits.Add(wait);
    }

    public IReadOnlyList<EndedWait> List(DeploymentId deployment) =>
        _pending.TryGetValue(deployment, out var waits) ? [.. waits] : [];

    public IReadOnlyDictionary<DeploymentId, IReadOnlyList<EndedWait>> Take()
    {
        var taken = _pending.ToDictionary(pair => pair.Key, pair => (IReadOnlyList<EndedWait>)pair.Value);
        _pending.Clear();
        _count = 0;
        return taken;
    }
}
