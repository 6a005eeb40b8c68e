using System.Net.Sockets;
using Goterra.Core.Waiting;

namespace Goterra.Api.Hosting;

/// <summary>
/// Stops without losing requests: accepts no new connections, ends the waits, and answers with
/// <c>Connection: close</c> until each connection that is in use has had such a response. Kestrel would close an open
/// connection even if its next request is already on the way.
/// </summary>
internal sealed class ConnectionDrain(ClientConnections connections, ChangeHub hub) : IHostedLifecycleService
{
    /// <summary>Connections whose last response is older count as idle: they are not waited for.</summary>
    private static readonly TimeSpan MaxIdleTime = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan Limit = TimeSpan.FromMilliseconds(750);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(10);

    private readonly List<Socket> _listening = [];

    /// <summary>Remembers a listening socket.</summary>
    public Socket Track(Socket socket)
    {
        _listening.Add(socket);
        return socket;
    }

    /// <summary>Closes the listening sockets, which ends Kestrel's accept loop, and the waits.</summary>
    public void Begin()
    {
        connections.IsClosing = true;
        _listening.ForEach(socket => socket.Dispose());
        hub.Close();
    }

    /// <summary>
    /// Waits until every connection that is not idle has had a response with <c>Connection: close</c>, for at most
    /// 750 ms. Kestrel waits for requests in progress.
    /// </summary>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        Begin();
        var start = TimeProvider.System.GetTimestamp();
        while (!cancellationToken.IsCancellationRequested
            && TimeProvider.System.GetElapsedTime(start) < Limit
            && connections.Open.Any(connection => connection.IsInUse(MaxIdleTime)))
        {
            await Task.Delay(PollInterval, TimeProvider.System, cancellationToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
