using System.Collections.Concurrent;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Goterra.Api.Hosting;

/// <summary>The open connections of clients. A request finds its own as a feature.</summary>
internal sealed class ClientConnections(TimeProvider time)
{
    private readonly ConcurrentDictionary<ClientConnection, bool> _open = [];

    public IEnumerable<ClientConnection> Open => _open.Select(pair => pair.Key);

    public void Watch(IConnectionBuilder listen) => listen.Use(next => async connection =>
    {
        var client = new ClientConnection(connection, time);
        _open[client] = true;
        connection.Features.Set(client);
        try
        {
            await next(connection);
        }
        finally
        {
            _open.TryRemove(client, out _);
        }
    });
}

/// <param name="context">The connection below TLS.</param>
/// <param name="time">The clock.</param>
internal sealed class ClientConnection(ConnectionContext context, TimeProvider time)
{
    private readonly long _start = time.GetTimestamp();
    private long _lastResponse;
    private volatile bool _isClosing;

    public TimeSpan Age => time.GetElapsedTime(_start);

    /// <summary>The headers of a first request have arrived.</summary>
    public bool HasRequest { get; set; }

    /// <summary>Null in tests without sockets.</summary>
    public Socket? Socket => context.Features.Get<IConnectionSocketFeature>()?.Socket;

    /// <param name="isLast">The response says that the connection will be closed.</param>
    public void OnResponse(bool isLast)
    {
        Volatile.Write(ref _lastResponse, time.GetTimestamp());
        _isClosing = isLast;
    }

    /// <summary>
    /// Its last response is not older than <paramref name="maxIdleTime"/>, and did not say that it would be closed.
    /// </summary>
    public bool IsInUse(TimeSpan maxIdleTime) =>
        !_isClosing
        && Volatile.Read(ref _lastResponse) is var last and not 0
        && time.GetElapsedTime(last) < maxIdleTime;

    public void Abort(string reason) => context.Abort(new ConnectionAbortedException(reason));
}
