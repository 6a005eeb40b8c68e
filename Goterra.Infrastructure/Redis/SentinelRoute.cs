using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using StackExchange.Redis;
using StackExchange.Redis.Configuration;

namespace Goterra.Infrastructure.Redis;

/// <summary>
/// Directs every connection to the master that the sentinels name at that moment. The library on its own keeps a list
/// of servers and asks each whether it is the master: one that failed, was replaced and returns claims to be, until the
/// sentinels reconfigure it. Its stale data would be served meanwhile, and writes to it would be lost.
/// </summary>
internal sealed class SentinelRoute : Tunnel, IAsyncDisposable
{
    private readonly ConnectionMultiplexer _sentinels;
    private readonly ConcurrentDictionary<Socket, bool> _sockets = [];

    private SentinelRoute(ConnectionMultiplexer sentinels, string service) =>
        (_sentinels, Service) = (sentinels, service);

    /// <summary>The name of the master in the sentinels.</summary>
    public string Service { get; }

    /// <summary>The host of the last connection: its certificate must match.</summary>
    public string MasterHost { get; private set; } = "";

    /// <summary>Succeeds even if no sentinel can be reached yet; connections fail until one can.</summary>
    public static async Task<SentinelRoute> OpenAsync(ConfigurationOptions sentinels, string service)
    {
        // All sentinels are asked concurrently. One that hangs must not delay the others, nor the start of the server.
        sentinels.AsyncTimeout = sentinels.SyncTimeout = 2000;
        var route = new SentinelRoute(await ConnectionMultiplexer.SentinelConnectAsync(sentinels), service);
        await route._sentinels.GetSubscriber().SubscribeAsync(
            RedisChannel.Literal("+switch-master"), (_, _) => _ = route.LeaveOthersAsync(), CommandFlags.FireAndForget);
        return route;
    }

    public override async ValueTask<EndPoint?> GetSocketConnectEndpointAsync(
        EndPoint endpoint, CancellationToken cancellationToken)
    {
        var master = await MasterAsync() ?? throw new IOException($"No sentinel names a master for '{Service}'.");
        MasterHost = master switch
        {
            DnsEndPoint named => named.Host,
            IPEndPoint numbered => numbered.Address.ToString(),
            _ => "",
        };
        return master;
    }

    public override ValueTask BeforeSocketConnectAsync(
        EndPoint endPoint, ConnectionType connectionType, Socket? socket, CancellationToken cancellationToken)
    {
        foreach (var old in _sockets.Keys.Where(old => old.SafeHandle.IsClosed))
            _sockets.TryRemove(old, out _);
        if (socket is not null)
            _sockets.TryAdd(socket, true);
        return default;
    }

    public async ValueTask DisposeAsync() => await _sentinels.DisposeAsync();

    /// <summary>Closes connections to a former master that hung and resumed after it was replaced.</summary>
    private async Task LeaveOthersAsync()
    {
        var master = await MasterAsync();
        foreach (var socket in _sockets.Keys.Where(socket => !LeadsTo(socket, master)))
            socket.Dispose();
    }

    /// <summary>False for a socket that is still connecting: it may be on its way to the former master.</summary>
    private static bool LeadsTo(Socket socket, EndPoint? master)
    {
        try
        {
            return socket.Connected && Equals(socket.RemoteEndPoint, master);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return false;
        }
    }

    private async Task<EndPoint?> MasterAsync()
    {
        var answers = await Task.WhenAll(_sentinels.GetServers().Select(AskAsync));
        return answers.MaxBy(answer => answer.Epoch).Master;
    }

    /// <summary>The epoch rises with every failover: a sentinel that was cut off has a lower one.</summary>
    private async Task<(long Epoch, EndPoint? Master)> AskAsync(IServer sentinel)
    {
        try
        {
            var facts = await sentinel.SentinelMasterAsync(Service);
            var epoch = facts.FirstOrDefault(fact => fact.Key == "config-epoch").Value;
            var master = await sentinel.SentinelGetMasterAddressByNameAsync(Service);
            return master is not null && long.TryParse(epoch, CultureInfo.InvariantCulture, out var number)
                ? (number, master)
                : (-1, null);
        }
        catch (Exception e) when (e is RedisException or TimeoutException or ObjectDisposedException)
        {
            return (-1, null);
        }
    }
}
