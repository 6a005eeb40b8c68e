using System.Globalization;

namespace Goterra.Tests.Support;

/// <summary>A real Redis Cluster of three nodes.</summary>
public sealed class RedisCluster : IAsyncDisposable
{
    private const int Slots = 16384;
    private readonly List<RedisServer> _nodes = [];

    private RedisCluster()
    {
    }

    public IReadOnlyList<RedisServer> Nodes => _nodes;

    /// <summary>All of its nodes.</summary>
    public string Hosts => string.Join(',', _nodes.Select(node => $"127.0.0.1:{node.Port}"));

    public static async Task<RedisCluster> StartAsync()
    {
        const int Count = 3;
        var cluster = new RedisCluster();
        for (var i = 0; i < Count; i++)
        {
            // The port of the nodes among themselves would be that for the clients and 10,000, which may be no port.
            var bus = Number(RedisServer.FreePort());
            var node = await RedisServer.StartAsync("--cluster-enabled", "yes", "--cluster-port", bus);
            cluster._nodes.Add(node);
            await node.CommandAsync(
                "CLUSTER", "ADDSLOTSRANGE", Number(i * Slots / Count), Number(((i + 1) * Slots / Count) - 1));
            if (i > 0)
                await cluster._nodes[0].CommandAsync("CLUSTER", "MEET", "127.0.0.1", Number(node.Port), bus);
        }

        foreach (var node in cluster._nodes)
            await node.IsInClusterOfAsync(Count);
        return cluster;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes)
            await node.DisposeAsync();
    }

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
