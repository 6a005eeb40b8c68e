using System.Net;
using Goterra.Api.Http;
using Goterra.Core.Model;

namespace Goterra.Api.Hosting;

/// <summary>
/// Counts the open connections, all of them and those of each address, and refuses further ones. Kestrel's own limit
/// closes them later, on the thread pool: a burst could take all file descriptors, which ends the process.
/// </summary>
internal sealed partial class ConnectionLimit(
    ConnectionLimits limits, TimeProvider time, ILogger<ConnectionLimit> logger)
{
    private static readonly TimeSpan LogInterval = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<IPAddress, int> _networks = [];
    private int _open;
    private long _refused;
    private long? _loggedAt;

    /// <returns>What ends the count of the connection; null if it is refused.</returns>
    public IDisposable? TryEnter(EndPoint? client)
    {
        var address = (client as IPEndPoint)?.Address;
        var network = address is null || limits.IsExempt(address) ? null : ClientAddress.NetworkOf(address);
        lock (_lock)
        {
            if (_open >= limits.Max)
            {
                Refuse(address, "limits.connections", limits.Max);
                return null;
            }

            var open = network is null ? 0 : _networks.GetValueOrDefault(network);
            if (network is not null && open >= limits.MaxPerAddress)
            {
                Refuse(address, "limits.connections_per_address", limits.MaxPerAddress);
                return null;
            }

            _open++;
            if (network is not null)
                _networks[network] = open + 1;
        }

        return new Entry(this, network);
    }

    private void Leave(IPAddress? network)
    {
        lock (_lock)
        {
            _open--;
            if (network is not null && --_networks[network] == 0)
                _networks.Remove(network);
        }
    }

    // In the lock.
    private void Refuse(IPAddress? address, string setting, int? limit)
    {
        _refused++;
        if (_loggedAt is { } at && time.GetElapsedTime(at) < LogInterval)
            return;
        _loggedAt = time.GetTimestamp();
        Log.Refused(logger, _refused, address, setting, limit);
        _refused = 0;
    }

    private sealed class Entry(ConnectionLimit limit, IPAddress? network) : IDisposable
    {
        private int _left;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _left, 1) == 0)
                limit.Leave(network);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(
            LogLevel.Warning,
            "Refused {Count} connections since the last such line, the last one from {Address}: {Setting} is {Limit}.")]
        public static partial void Refused(
            ILogger logger, long count, IPAddress? address, string setting, int? limit);
    }
}

/// <summary>How many connections there may be.</summary>
/// <param name="Max">Of the instance; null for any number.</param>
/// <param name="MaxPerAddress">Of the clients of one address; null for any number.</param>
/// <param name="Proxies">Trusted proxies, which have those of many clients.</param>
internal sealed record ConnectionLimits(int? Max, int? MaxPerAddress, IReadOnlyList<IPNetwork> Proxies)
{
    /// <summary>Half of the connections of the instance for one address, unless that limit is configured.</summary>
    public static ConnectionLimits Of(Limits limits, IReadOnlyList<IPNetwork> proxies) => new(
        limits.Connections,
        limits.ConnectionsPerAddress ?? (limits.Connections is { } all ? Math.Max(1, all / 2) : null),
        proxies);

    public bool IsExempt(IPAddress address)
    {
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return MaxPerAddress is null || Proxies.Any(proxy => proxy.Contains(plain));
    }
}
