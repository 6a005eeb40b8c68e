using System.Runtime.CompilerServices;
using StackExchange.Redis;

namespace Goterra.Infrastructure.Redis;

/// <summary>Finds keys by a pattern, on all masters.</summary>
internal static class RedisScan
{
    /// <param name="redis">The connection.</param>
    /// <param name="pattern">In glob style.</param>
    /// <param name="maxPages">How many pages to read on each master.</param>
    /// <param name="pageSize">How many keys Redis looks at for a page.</param>
    public static async IAsyncEnumerable<RedisKey> FindAsync(
        ConnectionMultiplexer redis, string pattern, int maxPages, int pageSize,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        foreach (var server in redis.GetServers().Where(server => server is { IsConnected: true, IsReplica: false }))
        {
            var cursor = "0";
            for (var page = 0; page < maxPages; page++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var reply = (RedisResult[])(await server.ExecuteAsync(
                    "SCAN", cursor, "MATCH", pattern, "COUNT", pageSize))!;
                foreach (var key in (RedisKey[])reply[1]!)
                    yield return key;
                cursor = (string)reply[0]!;
                if (cursor == "0")
                    break;
            }
        }
    }
}
