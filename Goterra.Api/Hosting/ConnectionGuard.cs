using System.Collections.Concurrent;
using System.Net;
using Goterra.Api.Http;
using Goterra.Core.Model;
using Microsoft.AspNetCore.Connections;

namespace Goterra.Api.Hosting;

/// <summary>
/// Closes connections that have not sent a complete request, TLS handshake included, for 30 s, and those beyond
/// <c>limits.connections_per_address</c>. Kestrel waits for 130 s before the first byte of a request.
/// </summary>
internal sealed partial class ConnectionGuard(
    ConnectionShare share, TimeProvider time, ILogger<ConnectionGuard> logger) : BackgroundService
{
    public static readonly TimeSpan FirstRequestTimeout = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LogInterval = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<Guarded, bool> _silent = [];
    private readonly Lock _lock = new();
    private readonly Dictionary<IPAddress, int> _open = [];
    private long _refused;

    public void Watch(IConnectionBuilder listen) => listen.Use(next => async connection =>
    {
        var network = (connection.RemoteEndPoint as IPEndPoint)?.Address is { } address && !share.IsExempt(address)
            ? ClientAddress.NetworkOf(address)
            : null;
        if (network is not null && !TryEnter(network))
        {
            Interlocked.Increment(ref _refused);
            connection.Abort(new ConnectionAbortedException("The address has too many connections."));
            return;
        }

        var guarded = new Guarded(connection, time.GetTimestamp());
        _silent[guarded] = true;
        connection.Features.Set(guarded);
        try
        {
            await next(connection);
        }
        finally
        {
            _silent.TryRemove(guarded, out _);
            if (network is not null)
                Leave(network);
        }
    });

    /// <summary>The first request of a connection ends its time-out.</summary>
    public Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        if (context.Features.Get<Guarded>() is { HasRequest: false } guarded)
        {
            guarded.HasRequest = true;
            _silent.TryRemove(guarded, out _);
        }

        return next(context);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var logged = time.GetTimestamp();
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            foreach (var (guarded, _) in _silent)
            {
                if (time.GetElapsedTime(guarded.Start) >= FirstRequestTimeout)
                    guarded.Connection.Abort(new ConnectionAbortedException("The client sent no request."));
            }

            if (time.GetElapsedTime(logged) >= LogInterval
                && Interlocked.Exchange(ref _refused, 0) is > 0 and var refused)
            {
                logged = time.GetTimestamp();
                Log.Refused(logger, refused, share.Limit ?? 0);
            }
        }
    }

    private bool TryEnter(IPAddress network)
    {
        lock (_lock)
        {
            var open = _open.GetValueOrDefault(network);
            if (open >= share.Limit)
                return false;
            _open[network] = open + 1;
            return true;
        }
    }

    private void Leave(IPAddress network)
    {
        lock (_lock)
        {
            if (--_open[network] == 0)
                _open.Remove(network);
        }
    }

    private sealed class Guarded(ConnectionContext connection, long start)
    {
        public ConnectionContext Connection => connection;

        public long Start => start;

        public bool HasRequest { get; set; }
    }

    private static partial class Log
    {
        [LoggerMessage(
            LogLevel.Warning,
            "Closed {Count} new connections of addresses that have {Limit} (limits.connections_per_address).")]
        public static partial void Refused(ILogger logger, long count, int limit);
    }
}

/// <summary>How many connections the clients of one address may have.</summary>
/// <param name="Limit">Null for any number.</param>
/// <param name="Proxies">Trusted proxies, which have those of many clients.</param>
internal sealed record ConnectionShare(int? Limit, IReadOnlyList<IPNetwork> Proxies)
{
    /// <summary>Half of the connections of the instance, unless the limit is configured.</summary>
    public static ConnectionShare Of(Limits limits, IReadOnlyList<IPNetwork> proxies) =>
        new(limits.ConnectionsPerAddress ?? (limits.Connections is { } all ? Math.Max(1, all / 2) : null), proxies);

    public bool IsExempt(IPAddress address)
    {
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return Limit is null || Proxies.Any(proxy => proxy.Contains(plain));
    }
}
