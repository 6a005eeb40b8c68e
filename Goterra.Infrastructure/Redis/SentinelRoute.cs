using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using StackExchange.Redis;
using StackExchange.Redis.Configuration;

namespace Goterra.Infrastructure.Redis;

/// <summary>
/// Leads each connection to the master that the sentinels name at that moment, and to nobody else. The library by itself keeps a list of servers and asks
/// them who is the master: one that died, was replaced and comes back says that it is, until the sentinels find time to tell it otherwise; what it had
/// would be believed meanwhile, and what is written to it would be lost.
/// </summary>
internal sealed class SentinelRoute : Tunnel, IAsyncDisposable
{
    private readonly ConnectionMultiplexer _sentinels;
    private readonly ConcurrentDictionary<Socket, bool> _sockets = [];

    private SentinelRoute(ConnectionMultiplexer sentinels, string service) => (_sentinels, Service) = (sentinels, service);

    /// <summary>The name under which the sentinels know the master.</summary>
    public string Service { get; }

    /// <summary>Where the last connection went: what a certificate must be for.</summary>
    public string MasterHost { get; private set; } = "";

    /// <summary>Where no sentinel can be reached yet, there is no master until one can.</summary>
    public static async Task<SentinelRoute> OpenAsync(ConfigurationOptions sentinels, string service)
    {
        // All are asked at once, and one that stands still shall not hold up the answer of the others, nor the start of the server.
        sentinels.AsyncTimeout = sentinels.SyncTimeout = 2000;
        var route = new SentinelRoute(await ConnectionMultiplexer.SentinelConnectAsync(sentinels), service);
        await route._sentinels.GetSubscriber().SubscribeAsync(
            RedisChannel.Literal("+switch-master"), (_, _) => _ = route.LeaveOthersAsync(), CommandFlags.FireAndForget);
        return route;
    }

    public override async ValueTask<EndPoint?> GetSocketConnectEndpointAsync(EndPoint endpoint, CancellationToken cancellationToken)
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

    public override ValueTask BeforeSocketConnectAsync(EndPoint endPoint, ConnectionType connectionType, Socket? socket, CancellationToken cancellationToken)
    {
        foreach (var old in _sockets.Keys.Where(old => old.SafeHandle.IsClosed))
            _sockets.TryRemove(old, out _);
        if (socket is not null)
            _sockets.TryAdd(socket, true);
        return default;
    }

    public async ValueTask DisposeAsync() => await _sentinels.DisposeAsync();

    /// <summary>A master that only seemed to be gone, and wakes up after it was replaced, is still connected with us.</summary>
    private async Task LeaveOthersAsync()
    {
        var master = await MasterAsync();
        foreach (var socket in _sockets.Keys.Where(socket => !LeadsTo(socket, master)))
            socket.Dispose();
    }

    /// <summary>A socket that is still being connected may be on its way to the old one.</summary>
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

    /// <summary>The epoch rises with every fail-over: a sentinel that was cut off and is behind has a lower one.</summary>
    private async Task<(long Epoch, EndPoint? Master)> AskAsync(IServer sentinel)
    {
        try
        {
            var facts = await sentinel.SentinelMasterAsync(Service);
            var epoch = facts.FirstOrDefault(fact => fact.Key == "config-epoch").Value;
            var master = await sentinel.SentinelGetMasterAddressByNameAsync(Service);
            return master is not null && long.TryParse(epoch, CultureInfo.InvariantCulture, out var number) ? (number, master) : (-1, null);
        }
        catch (Exception e) when (e is RedisException or TimeoutException or ObjectDisposedException)
        {
            return (-1, null);
        }
    }
}
