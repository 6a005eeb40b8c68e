using Goterra.Core.Model;

namespace Goterra.Infrastructure.Encryption;

/// <summary>
/// The large values that are in memory, mostly because slow clients are receiving them. Further reads share them:
/// memory grows with the number of values, not of readers.
/// </summary>
internal sealed class LargeValues
{
    private const int MinBytes = 64 * 1024;
    private const int MinSweep = 64;

    private readonly Lock _gate = new();
    private readonly Dictionary<(DeploymentId Id, string Nonce), WeakReference<byte[]>> _values = [];
    private int _nextSweep = MinSweep;

    /// <param name="id">The deployment.</param>
    /// <param name="nonce">That of the value's tag, which no other write has.</param>
    /// <param name="value">The value as just read.</param>
    /// <returns>The same bytes, as read before if they are still in memory.</returns>
    public byte[] Share(DeploymentId id, string nonce, byte[] value)
    {
        if (value.Length < MinBytes)
            return value;

        lock (_gate)
        {
            if (_values.TryGetValue((id, nonce), out var known) && known.TryGetTarget(out var shared))
                return shared;

            if (_values.Count >= _nextSweep)
            {
                foreach (var (dead, _) in _values.Where(one => !one.Value.TryGetTarget(out _)).ToList())
                    _values.Remove(dead);
                _nextSweep = Math.Max(MinSweep, 2 * _values.Count);
            }

            _values[(id, nonce)] = new WeakReference<byte[]>(value);
            return value;
        }
    }
}
