using System.Net;

namespace Goterra.Bench.Load;

/// <summary>Any number of connections to one server, served by the thread that calls.</summary>
internal sealed class Client : IDisposable
{
    private const int Patience = 60_000;
    private const int AtOnce = 250;

    private readonly Epoll _epoll = new();
    private readonly List<Connection> _connections = [];
    private readonly int[] _ready = new int[256];

    /// <summary>Holds the largest answer: the listing of the boot storm's barrier.</summary>
    private readonly byte[] _buffer = new byte[4 * 1024 * 1024];

    public Client(IPEndPoint server, int connections)
    {
        for (var i = 0; i < connections; i++)
            Connect(server);
    }

    public static long Now => TimeProvider.System.GetTimestamp();

    public IReadOnlyList<Connection> Connections => _connections;

    public Connection Connect(IPEndPoint server)
    {
        var connection = new Connection(server, _connections.Count);
        _epoll.Watch(connection.Handle, connection.Index);
        _connections.Add(connection);
        return connection;
    }

    /// <summary>Serves until so many answers were complete; each is handed on with the moment it was seen.</summary>
    /// <exception cref="TimeoutException">Nothing came for a minute.</exception>
    /// <exception cref="InvalidDataException">An answer was not 200: nothing that is measured would mean
    /// anything.</exception>
    public void Serve(int answers, Action<Connection, long> onAnswer)
    {
        while (answers > 0)
        {
            var count = _epoll.Wait(_ready, Patience);
            if (count == 0)
                throw new TimeoutException($"{answers} answers did not come within a minute.");

            for (var i = 0; i < count; i++)
            {
                var connection = _connections[_ready[i]];
                var status = connection.Receive(_buffer);
                if (status == 0)
                    continue;
                if (status != 200)
                    throw new InvalidDataException($"A request was answered with {status}.");

                answers--;
                onAnswer(connection, Client.Now);
            }
        }
    }

    /// <summary>
    /// Called after each of many requests that have no answer yet. Every few hundred of them, asks something on the
    /// first connection and waits for the answer: thousands of machines do not knock in the same millisecond, and a
    /// store that is asked so many things at once answers some of them too late.
    /// </summary>
    public void KeepPace(int sent, byte[] question)
    {
        if (sent % AtOnce != AtOnce - 1)
            return;

        _connections[0].Send(question, Now);
        Serve(1, (_, _) => { });
    }

    /// <summary>Makes sure that nobody was answered: all who wait do wait.</summary>
    public void StillQuiet()
    {
        if (_epoll.Wait(_ready, 0) > 0)
            throw new InvalidDataException(
                $"A wait was answered before its time, with {_connections[_ready[0]].Receive(_buffer)}.");
    }

    public void Dispose()
    {
        foreach (var connection in _connections)
            connection.Dispose();
        _epoll.Dispose();
    }
}
