using System.Collections.Concurrent;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Goterra.Api.Hosting;

/// <summary>The open connections of clients. A request finds its own as a feature.</summary>
internal sealed class ClientConnections(TimeProvider time)
{
    private readonly ConcurrentDictionary<ClientConnection, bool> _open = [];
    private volatile bool _isClosing;

    public IEnumerable<ClientConnection> Open => _open.Select(pair => pair.Key);

    /// <summary>From now on, each response tells the client that its connection will be closed.</summary>
    public bool IsClosing
    {
        get => _isClosing;
        set => _isClosing = value;
    }

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

    /// <summary>Notes the request and its response on the connection.</summary>
    public Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        if (context.Features.Get<ClientConnection>() is { } connection)
        {
            connection.HasRequest = true;

            // HTTP/2 has no header Connection: Kestrel sends GOAWAY.
            var protocol = context.Request.Protocol;
            if (HttpProtocol.IsHttp11(protocol) || HttpProtocol.IsHttp10(protocol))
                context.Response.OnStarting(() => OnResponse(context.Response, connection));
        }

        return next(context);
    }

    private Task OnResponse(HttpResponse response, ClientConnection connection)
    {
        var isLast = IsClosing;
        if (isLast)
            response.Headers.Connection = "close";
        connection.OnResponse(isLast);
        return Task.CompletedTask;
    }
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

    /// <summary>Null if the transport has no sockets.</summary>
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
