using System.Globalization;
using StackExchange.Redis;

namespace Goterra.Infrastructure.Redis;

/// <summary>
/// Checks how the Redis server is configured. What the permissions do not allow to ask counts as good.
/// </summary>
internal static class RedisServerCheck
{
    // CLIENT INFO, by which ReplicatedWrites recognizes its connection.
    private static readonly Version MinReplicated = new(6, 2);

    /// <summary>Finds what makes a server unfit to keep deployments.</summary>
    /// <returns>Null if there is nothing.</returns>
    public static async Task<string?> FindProblemAsync(ConnectionMultiplexer redis, RedisOptions options)
    {
        var masters = await FindMastersAsync(redis);
        if (masters.Count == 0 && redis.GetServers().Any(server => server.IsConnected))
            return RedisErrors.ReplicaMessage(options);

        foreach (var server in masters)
        {
            if (await AskAsync(server, "memory", "maxmemory_policy") is { } policy && policy != "noeviction")
                return $"The store evicts keys, so parts of deployments get lost: set maxmemory-policy to noeviction "
                    + $"(it is {policy}).";
            if (options.MinReplicas > 0 && server.Version < MinReplicated)
                return $"redis.min_replicas needs Redis {MinReplicated} or later, and the store is {server.Version}.";
        }

        return null;
    }

    /// <summary>Finds out why writes that replicas have to confirm would not be.</summary>
    /// <returns>Null if they would.</returns>
    public static async Task<string?> FindMissingReplicasAsync(ConnectionMultiplexer redis, int minReplicas)
    {
        if (minReplicas == 0)
            return null;

        foreach (var server in await FindMastersAsync(redis))
        {
            if (await AskAsync(server, "replication", "connected_slaves") is { } connected
                && int.Parse(connected, CultureInfo.InvariantCulture) < minReplicas)
                return $"The store has {connected} of the {minReplicas} replicas that redis.min_replicas asks for: "
                    + "writes get 503 until there are enough.";
        }

        return null;
    }

    /// <summary>Whether a restart of a server loses its data.</summary>
    public static async Task<bool> LacksPersistenceAsync(ConnectionMultiplexer redis)
    {
        foreach (var server in await FindMastersAsync(redis))
        {
            if (await AskAsync(server, "persistence", "aof_enabled") == "0" && await AskSavePointsAsync(server) == "")
                return true;
        }

        return false;
    }

    /// <remarks>
    /// What the library knows may be a minute old, so each master is asked for its role. Replicas are asked only if
    /// no master is left: one that hangs must not delay the check.
    /// </remarks>
    private static async Task<IReadOnlyList<IServer>> FindMastersAsync(ConnectionMultiplexer redis)
    {
        var known = redis.GetServers().Where(server => server.IsConnected).ToLookup(server => !server.IsReplica);
        var masters = await AreMastersAsync(known[true]);
        return masters.Count > 0 ? masters : await AreMastersAsync(known[false]);
    }

    private static async Task<IReadOnlyList<IServer>> AreMastersAsync(IEnumerable<IServer> servers)
    {
        var answers = await Task.WhenAll(
            servers.Select(async server => (server, isMaster: await IsMasterAsync(server))));
        return [.. answers.Where(answer => answer.isMaster).Select(answer => answer.server)];
    }

    private static async Task<bool> IsMasterAsync(IServer server)
    {
        try
        {
            return await AskAsync(server, "replication", "role") is { } role ? role == "master" : !server.IsReplica;
        }
        catch (Exception e) when (server.IsReplica && e is RedisTimeoutException or RedisConnectionException)
        {
            return false;
        }
    }

    private static async Task<string?> AskAsync(IServer server, string section, string name)
    {
        try
        {
            var lines = ((string?)await server.ExecuteAsync("INFO", section) ?? "").Split("\r\n");
            var line = Array.Find(lines, line => line.StartsWith(name + ":", StringComparison.Ordinal));
            return line?[(name.Length + 1)..];
        }
        catch (RedisServerException)
        {
            return null;
        }
    }

    private static async Task<string?> AskSavePointsAsync(IServer server)
    {
        try
        {
            return (string[]?)await server.ExecuteAsync("CONFIG", "GET", "save") is [_, var points] ? points : null;
        }
        catch (RedisServerException)
        {
            return null;
        }
    }
}
