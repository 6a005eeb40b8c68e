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
    /// <summary>A failover without an end message is considered over after this time.</summary>
    private static readonly TimeSpan MaxFailover = TimeSpan.FromSeconds(10);

    private readonly IReadOnlyList<ConnectionMultiplexer> _sentinels;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<Socket, bool> _sockets = [];
    private long _failoverStart;

    private SentinelRoute(IReadOnlyList<ConnectionMultiplexer> sentinels, string service, TimeProvider time) =>
        (_sentinels, Service, _time) = (sentinels, service, time);

    /// <summary>The name of the master in the sentinels.</summary>
    public string Service { get; }

    /// <summary>The host of the last connection: its certificate must match.</summary>
    public string MasterHost { get; private set; } = "";

    /// <summary>
    /// A sentinel is replacing the master. Until it reconfigures the old one, that one accepts writes, which are lost.
    /// </summary>
    public bool IsFailingOver =>
        Volatile.Read(ref _failoverStart) is not 0 and var start && _time.GetElapsedTime(start) < MaxFailover;

    /// <summary>Succeeds even if no sentinel can be reached yet; connections fail until one can.</summary>
    public static async Task<SentinelRoute> OpenAsync(
        ConfigurationOptions sentinels, string service, TimeProvider time)
    {
        // All sentinels are asked concurrently. One that hangs must not delay the others, nor the start of the server.
        // Each has a connection of its own: only the one that leads a failover announces it.
        sentinels.AsyncTimeout = sentinels.SyncTimeout = 2000;
        var connections = await Task.WhenAll(sentinels.EndPoints.Select(sentinel =>
        {
            var one = sentinels.Clone();
            one.EndPoints.Clear();
            one.EndPoints.Add(sentinel);
            return ConnectionMultiplexer.SentinelConnectAsync(one);
        }));
        var route = new SentinelRoute(connections, service, time);
        await Task.WhenAll(connections.Select(route.SubscribeAsync));
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

    public async ValueTask DisposeAsync() =>
        await Task.WhenAll(_sentinels.Select(sentinel => sentinel.DisposeAsync().AsTask()));

    private async Task SubscribeAsync(ConnectionMultiplexer sentinel)
    {
        var subscriber = sentinel.GetSubscriber();
        await On("+failover-state-select-slave", () => Volatile.Write(ref _failoverStart, _time.GetTimestamp()));
        await On("-failover-abort-no-good-slave", EndFailover);
        await On("-failover-abort-slave-timeout", EndFailover);
        await On("+switch-master", () => _ = LeaveOthersAsync());

        // The message names the service: "master mymaster 10.0.0.1 6379", "mymaster 10.0.0.1 6379 10.0.0.2 6379".
        Task On(string name, Action act) => subscriber.SubscribeAsync(
            RedisChannel.Literal(name),
            (_, message) =>
            {
                if (((string)message!).Split(' ').Contains(Service))
                    act();
            },
            CommandFlags.FireAndForget);
    }

    private void EndFailover() => Volatile.Write(ref _failoverStart, 0);

    /// <summary>Closes connections to the former master: it may have hung and resumed after it was replaced.</summary>
    private async Task LeaveOthersAsync()
    {
        var master = await MasterAsync();
        foreach (var socket in _sockets.Keys.Where(socket => !LeadsTo(socket, master)))
            socket.Dispose();
        EndFailover();
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
        var answers = await Task.WhenAll(_sentinels.SelectMany(sentinel => sentinel.GetServers()).Select(AskAsync));
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
