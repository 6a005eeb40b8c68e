using StackExchange.Redis;

namespace Goterra.Infrastructure.Redis;

/// <summary>
/// Checks how the Redis server is configured. What the permissions do not allow to ask counts as good.
/// </summary>
internal static class RedisServerCheck
{
    /// <summary>Finds what makes a server unfit to keep deployments.</summary>
    /// <returns>Null if there is nothing.</returns>
    public static async Task<string?> FindProblemAsync(ConnectionMultiplexer redis)
    {
        var connected = redis.GetServers().Where(server => server.IsConnected).ToList();
        if (connected.Count > 0 && connected.TrueForAll(server => server.IsReplica))
            return "The store is a replica, which accepts no writes: name its master (redis.host), or the sentinels "
                + "(redis.sentinel).";

        foreach (var server in connected.Where(server => !server.IsReplica))
        {
            if (await AskAsync(server, "memory", "maxmemory_policy") is { } policy && policy != "noeviction")
                return $"The store evicts keys, so parts of deployments get lost: set maxmemory-policy to noeviction "
                    + $"(it is {policy}).";
        }

        return null;
    }

    /// <summary>Whether a restart of a server loses its data.</summary>
    public static async Task<bool> LacksPersistenceAsync(ConnectionMultiplexer redis)
    {
        foreach (var server in redis.GetServers().Where(server => server is { IsConnected: true, IsReplica: false }))
        {
            if (await AskAsync(server, "persistence", "aof_enabled") == "0" && await AskSavePointsAsync(server) == "")
                return true;
        }

        return false;
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
