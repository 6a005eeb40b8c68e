using System.Collections.Concurrent;
using Microsoft.AspNetCore.Connections;

namespace Goterra.Api.Hosting;

/// <summary>
/// Closes connections whose TLS handshake and headers of the first request have not arrived within 30 to 35 s. Kestrel
/// waits for 130 s before the first byte of a request.
/// </summary>
internal sealed class ConnectionGuard(TimeProvider time) : BackgroundService
{
    public static readonly TimeSpan FirstRequestTimeout = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<PendingConnection, bool> _pending = [];

    public void Watch(IConnectionBuilder listen) => listen.Use(next => async connection =>
    {
        var pending = new PendingConnection(connection, time.GetTimestamp());
        _pending[pending] = true;
        connection.Features.Set(pending);
        try
        {
            await next(connection);
        }
        finally
        {
            _pending.TryRemove(pending, out _);
        }
    });

    /// <summary>The first request of a connection ends its time-out.</summary>
    public Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        if (context.Features.Get<PendingConnection>() is { HasRequest: false } pending)
        {
            pending.HasRequest = true;
            _pending.TryRemove(pending, out _);
        }

        return next(context);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            foreach (var (pending, _) in _pending)
            {
                if (!pending.HasRequest && time.GetElapsedTime(pending.Start) >= FirstRequestTimeout)
                    pending.Connection.Abort(new ConnectionAbortedException("The client sent no request."));
            }
        }
    }

    private sealed class PendingConnection(ConnectionContext connection, long start)
    {
        public ConnectionContext Connection => connection;

        public long Start => start;

        public bool HasRequest { get; set; }
    }
}
