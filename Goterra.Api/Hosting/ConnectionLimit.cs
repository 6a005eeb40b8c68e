using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Options;

namespace Goterra.Api.Hosting;

/// <summary>
/// Accepts connections up to a limit, and closes further ones at once. Kestrel's own limit closes them later, on the
/// thread pool: a burst could take all file descriptors, which ends the process.
/// </summary>
internal sealed class ConnectionLimit(int max)
{
    private int _open;

    /// <summary>Counts the end of each connection.</summary>
    public void Watch(IConnectionBuilder listen) => listen.Use(next => async connection =>
    {
        try
        {
            await next(connection);
        }
        finally
        {
            Interlocked.Decrement(ref _open);
        }
    });

    private bool TryEnter()
    {
        if (Interlocked.Increment(ref _open) <= max)
            return true;
        Interlocked.Decrement(ref _open);
        return false;
    }

    /// <summary>The transport of Kestrel, with the limit.</summary>
    public sealed class Transport(
        ConnectionLimit limit, IOptions<SocketTransportOptions> options, ILoggerFactory loggers)
        : IConnectionListenerFactory, IConnectionListenerFactorySelector
    {
        private readonly SocketTransportFactory _sockets = new(options, loggers);

        public bool CanBind(EndPoint endpoint) => _sockets.CanBind(endpoint);

        public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken) =>
            new Listener(limit, await _sockets.BindAsync(endpoint, cancellationToken));
    }

    private sealed class Listener(ConnectionLimit limit, IConnectionListener inner) : IConnectionListener
    {
        public EndPoint EndPoint => inner.EndPoint;

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken)
        {
            while (true)
            {
                var connection = await inner.AcceptAsync(cancellationToken);
                if (connection is null || limit.TryEnter())
                    return connection;
                connection.Abort(new ConnectionAbortedException("Too many connections."));
                await connection.DisposeAsync();
            }
        }

        public ValueTask UnbindAsync(CancellationToken cancellationToken) => inner.UnbindAsync(cancellationToken);

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
