using System.Net;

namespace Goterra.Bench.Load;

/// <summary>Any number of connections to one server, served by the thread that calls.</summary>
internal sealed class Client : IDisposable
{
    private const int Patience = 60_000;

    private readonly Epoll _epoll = new();
    private readonly List<Connection> _connections = [];
    private readonly int[] _ready = new int[256];
    private readonly byte[] _buffer = new byte[256 * 1024];

    public Client(IPEndPoint server, int connections)
    {
        Server = server;
        Grow(connections);
    }

    public IPEndPoint Server { get; }

    public IReadOnlyList<Connection> Connections => _connections;

    public static long Now => TimeProvider.System.GetTimestamp();

    public void Grow(int connections)
    {
        while (_connections.Count < connections)
        {
            var connection = new Connection(Server, _connections.Count);
            _epoll.Watch(connection.Handle, connection.Index);
            _connections.Add(connection);
        }
    }

    public void Send(int index, ReadOnlySpan<byte> request) => _connections[index].Send(request, Now);

    /// <summary>Waits for bytes and hands on the answers that are complete with them.</summary>
    /// <exception cref="TimeoutException">Nothing came for a minute.</exception>
    public void Serve(Action<Connection, int> onAnswer)
    {
        var count = _epoll.Wait(_ready, Patience);
        if (count == 0)
            throw new TimeoutException("A server did not answer for a minute.");

        for (var i = 0; i < count; i++)
        {
            var connection = _connections[_ready[i]];
            if (connection.Receive(_buffer) is > 0 and var status)
                onAnswer(connection, status);
        }
    }

    /// <summary>Sends one request and waits for its answer.</summary>
    /// <returns>How long it took.</returns>
    public TimeSpan Exchange(int index, ReadOnlySpan<byte> request)
    {
        Send(index, request);
        return Answer(index);
    }

    /// <summary>Waits for the answer of one connection, while no other has a request under way.</summary>
    public TimeSpan Answer(int index)
    {
        TimeSpan? took = null;
        while (took is null)
        {
            Serve((connection, status) =>
            {
                Expect.Ok(status);
                if (connection.Index == index)
                    took = TimeProvider.System.GetElapsedTime(connection.SentAt);
            });
        }

        return took.Value;
    }

    /// <summary>Reads an answer that has no end until something in it is seen.</summary>
    public void Until(int index, ReadOnlySpan<byte> sign)
    {
        while (true)
        {
            if (_epoll.Wait(_ready, Patience) == 0)
                throw new TimeoutException("A stream did not say what was expected.");
            if (_connections[index].Take(_buffer).IndexOf(sign) >= 0)
                return;
        }
    }

    public void Dispose()
    {
        foreach (var connection in _connections)
            connection.Dispose();
        _epoll.Dispose();
    }
}

internal static class Expect
{
    public static void Ok(int status)
    {
        if (status != 200)
            throw new InvalidDataException($"A request was answered with {status}; nothing that was measured would mean anything.");
    }
}
