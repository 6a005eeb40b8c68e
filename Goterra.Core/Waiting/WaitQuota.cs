using System.Diagnostics.CodeAnalysis;
using Goterra.Core.Model;

namespace Goterra.Core.Waiting;

/// <summary>Counts the waits of this process against the limits.</summary>
internal sealed class WaitQuota(Limits limits)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _byNetwork = [];
    private int _waits;

    public int Waits => Volatile.Read(ref _waits);

    /// <param name="inDeployment">The waits in the deployment so far.</param>
    /// <param name="network">The network of the client; empty if it is unknown.</param>
    /// <param name="limit">The limit that was reached; null if there was room.</param>
    public bool TryEnter(int inDeployment, string network, [NotNullWhen(false)] out LimitHit? limit)
    {
        lock (_gate)
        {
            limit = null;
            var inNetwork = _byNetwork.GetValueOrDefault(network);
            if (_waits >= limits.Waits)
                limit = new LimitHit("waits", limits.Waits);
            else if (inDeployment >= limits.WaitsPerDeployment)
                limit = new LimitHit("waits_per_deployment", limits.WaitsPerDeployment);
            else if (inNetwork >= limits.WaitsPerAddress)
                limit = new LimitHit("waits_per_address", limits.WaitsPerAddress);

            if (limit is not null)
                return false;

            _waits++;
            if (network.Length > 0)
                _byNetwork[network] = inNetwork + 1;
            return true;
        }
    }

    public void Leave(string network)
    {
        lock (_gate)
        {
            _waits--;
            if (network.Length > 0 && --_byNetwork[network] == 0)
                _byNetwork.Remove(network);
        }
    }
}
