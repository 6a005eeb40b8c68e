using System.Net.Sockets;
using Goterra.Core.Waiting;

namespace Goterra.Api.Hosting;

/// <summary>
/// Stops without losing requests: accepts no new connections, ends the waits, and answers with
/// <c>Connection: close</c> until no more requests arrive. Kestrel would close an open connection even if its next
/// request is already on the way.
/// </summary>
internal sealed class ConnectionDrain(ChangeHub hub) : IHostedLifecycleService
{
    private static readonly TimeSpan QuietPeriod = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Limit = TimeSpan.FromMilliseconds(500);

    private readonly List<Socket> _listening = [];
    private volatile bool _isDraining;
    private int _requests;

    /// <summary>Remembers a listening socket.</summary>
    public Socket Track(Socket socket)
    {
        _listening.Add(socket);
        return socket;
    }

    public Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        if (_isDraining)
        {
            Interlocked.Increment(ref _requests);
            // HTTP/2 has no such header: Kestrel sends GOAWAY.
            if (HttpProtocol.IsHttp11(context.Request.Protocol) || HttpProtocol.IsHttp10(context.Request.Protocol))
                context.Response.Headers.Connection = "close";
        }

        return next(context);
    }

    /// <summary>Closes the listening sockets, which ends Kestrel's accept loop, and the waits.</summary>
    public void Begin()
    {
        _isDraining = true;
        _listening.ForEach(socket => socket.Dispose());
        hub.Close();
    }

    /// <summary>Waits until no request has arrived for a moment. Kestrel waits for those in progress.</summary>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        Begin();
        var start = TimeProvider.System.GetTimestamp();
        int seen;
        do
        {
            seen = Volatile.Read(ref _requests);
            await Task.Delay(QuietPeriod, TimeProvider.System, cancellationToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        while (Volatile.Read(ref _requests) != seen && TimeProvider.System.GetElapsedTime(start) < Limit);
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
