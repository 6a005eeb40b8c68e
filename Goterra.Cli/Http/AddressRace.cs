using System.Net;
using System.Net.Sockets;

namespace Goterra.Cli.Http;

/// <summary>
/// Connects to the address of a host that answers first (Happy Eyeballs, RFC 8305): one of them may swallow packets,
/// such as IPv6 without a route or a replica that is down.
/// </summary>
internal sealed class AddressRace(
    Func<string, CancellationToken, Task<IPAddress[]>> resolve, TimeProvider time)
{
    /// <summary>RFC 8305, 5: the recommended delay between attempts.</summary>
    private static readonly TimeSpan AttemptDelay = TimeSpan.FromMilliseconds(250);

    private const int ProtocolTcp = 6; // IPPROTO_TCP
    private const int UnsentLimitOption = 25; // TCP_NOTSENT_LOWAT
    private const int UnsentLimit = 131_072;

    /// <summary>The addresses of a host, alternating between IPv6 and IPv4 (RFC 8305, 4).</summary>
    /// <exception cref="SocketException">The name cannot be resolved.</exception>
    public async Task<IReadOnlyList<IPAddress>> ResolveAsync(string host, CancellationToken cancellationToken)
    {
        var addresses = await resolve(host, cancellationToken);
        // The resolver has sorted them by preference (RFC 6724). GroupBy keeps that order, also that of the families.
        return
        [
            .. addresses.GroupBy(address => address.AddressFamily)
                .SelectMany(family => family.Select((address, index) => (address, index)))
                .OrderBy(entry => entry.index)
                .Select(entry => entry.address),
        ];
    }

    /// <summary>A connect callback of <see cref="SocketsHttpHandler"/>.</summary>
    public async ValueTask<Stream> ConnectAsync(
        SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var addresses = await ResolveAsync(context.DnsEndPoint.Host, cancellationToken);
        var socket = await RaceAsync(addresses, context.DnsEndPoint.Port, cancellationToken);
        return new NetworkStream(socket, ownsSocket: true);
    }

    /// <exception cref="SocketException">No address could be connected to.</exception>
    public static async Task<Socket> ConnectAsync(IPAddress address, int port, CancellationToken cancellationToken)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            // So that a write completes when most of the data was sent, and shows progress.
            if (OperatingSystem.IsLinux())
                socket.SetRawSocketOption(ProtocolTcp, UnsentLimitOption, BitConverter.GetBytes(UnsentLimit));
            await socket.ConnectAsync(new IPEndPoint(address, port), cancellationToken);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private async Task<Socket> RaceAsync(
        IReadOnlyList<IPAddress> addresses, int port, CancellationToken cancellationToken)
    {
        using var decided = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var remaining = new Queue<IPAddress>(addresses);
        var running = new List<Task<Socket>>();
        Task<Socket>? failed = null;
        try
        {
            while (remaining.Count > 0 || running.Count > 0)
            {
                if (remaining.TryDequeue(out var address))
                    running.Add(ConnectAsync(address, port, decided.Token));
                // It is the turn of the next address after the delay, or as soon as an attempt has failed.
                if (await FirstToEndAsync(running, isDelayed: remaining.Count > 0) is not { } ended)
                    continue;
                running.Remove(ended);
                if (ended.IsCompletedSuccessfully)
                    return await ended;
                failed = ended;
            }

            return failed is not null ? await failed : throw new SocketException((int)SocketError.HostNotFound);
        }
        finally
        {
            await decided.CancelAsync();
            foreach (var loser in running)
                await DiscardAsync(loser);
        }
    }

    /// <summary>Returns null if none has ended after the delay.</summary>
    private async Task<Task<Socket>?> FirstToEndAsync(List<Task<Socket>> running, bool isDelayed)
    {
        if (!isDelayed)
            return await Task.WhenAny(running);
        using var delay = new CancellationTokenSource(AttemptDelay, time);
        var isOver = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = delay.Token.Register(() => isOver.TrySetResult());
        return await Task.WhenAny([.. running, isOver.Task]) as Task<Socket>;
    }

    private static async Task DiscardAsync(Task<Socket> attempt)
    {
        try
        {
            (await attempt).Dispose();
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException)
        {
            // It has not connected.
        }
    }
}
