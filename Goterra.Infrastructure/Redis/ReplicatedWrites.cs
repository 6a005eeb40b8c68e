using System.Collections.Concurrent;
using System.Net;
using Goterra.Core.Deployments;
using StackExchange.Redis;

namespace Goterra.Infrastructure.Redis;

/// <summary>
/// Acknowledges writes only when enough replicas have them (<c>redis.min_replicas</c>), so that a failover loses none.
/// </summary>
/// <remarks>
/// WAIT concerns the writes of its own connection and blocks it, so writes have a connection of their own. One WAIT
/// serves all writes that were answered before it was sent. If the connection is replaced in between, WAIT no longer
/// concerns them: each one also tells which connection it was on.
/// </remarks>
internal sealed class ReplicatedWrites : IAsyncDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(1);

    private readonly ConnectionMultiplexer _redis;
    private readonly int _replicas;
    private readonly SharedReads<EndPoint, Acknowledgement> _acknowledgements = new();
    private readonly ConcurrentDictionary<EndPoint, string> _connections = [];

    public ReplicatedWrites(ConnectionMultiplexer redis, int replicas)
    {
        (_redis, _replicas) = (redis, replicas);
        redis.ConnectionRestored += (_, _) => _connections.Clear();
    }

    /// <summary>Runs a script that writes, and waits for the replicas.</summary>
    /// <param name="key">A key of the script.</param>
    /// <param name="write">Runs the script.</param>
    /// <exception cref="StoreUnavailableException">
    /// The write was carried out, but too few replicas have confirmed it: a failover may lose it.
    /// </exception>
    public async Task<RedisResult> RunAsync(RedisKey key, Func<IDatabase, Task<RedisResult>> write)
    {
        var db = _redis.GetDatabase();
        var server = await FindServerAsync(db, key);
        if (!_connections.TryGetValue(server, out var connection))
            connection = (await WaitForReplicasAsync(server, CancellationToken.None)).Connection;

        var reply = await write(db);
        var acknowledged = await _acknowledgements.ReadAsync(server, WaitForReplicasAsync, CancellationToken.None);
        if (acknowledged.Replicas < _replicas || acknowledged.Connection != connection
            || !server.Equals(await FindServerAsync(db, key)))
            throw new StoreUnavailableException(
                $"The write was stored, but not confirmed by {_replicas} replica{(_replicas == 1 ? "" : "s")} "
                + "(redis.min_replicas): a failover may lose it.");
        return reply;
    }

    public async ValueTask DisposeAsync() => await _redis.DisposeAsync();

    /// <summary>In a cluster, the node that has the slot of a key.</summary>
    private async ValueTask<EndPoint> FindServerAsync(IDatabase db, RedisKey key) => _redis.GetEndPoints() is [var only]
        ? only
        : await db.IdentifyEndpointAsync(key)
            ?? throw new StoreUnavailableException("The store cannot be reached or did not answer in time.");

    private async Task<Acknowledgement> WaitForReplicasAsync(EndPoint endPoint, CancellationToken cancellationToken)
    {
        var server = _redis.GetServer(endPoint);
        var wait = server.ExecuteAsync("WAIT", _replicas, (int)Timeout.TotalMilliseconds);
        var client = server.ExecuteAsync("CLIENT", "INFO");
        var confirmed = (int)await wait;

        // "id=7 addr=127.0.0.1:51234 laddr=127.0.0.1:6379 ...": different for each connection, also to another server.
        var connection = string.Join(' ', ((string)(await client)!).Split(' ').Take(3));
        _connections[endPoint] = connection;
        return new Acknowledgement(confirmed, connection);
    }

    /// <param name="Replicas">How many have all writes of the connection.</param>
    private sealed record Acknowledgement(int Replicas, string Connection);
}
