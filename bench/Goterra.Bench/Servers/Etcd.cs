using System.Net;
using System.Text;

namespace Goterra.Bench.Servers;

/// <summary>The yardstick with a watch: one member of etcd, by way of its own JSON gateway.</summary>
internal sealed class Etcd(ServerProcess process) : ITarget
{
    public const string Program = "etcd";

    /// <summary>What a watch says when it is armed, and when the value changed.</summary>
    public static ReadOnlySpan<byte> Armed => "\"created\":true"u8;

    public static ReadOnlySpan<byte> Changed => "\"events\""u8;

    public string Name => "etcd";

    public IPEndPoint EndPoint => process.EndPoint;

    public byte[] Get { get; } = Request.Of("POST", "/v3/kv/range", $$"""{"key":"{{Key}}"}""");

    public byte[] Put { get; } = Request.Of("POST", "/v3/kv/put", $$"""{"key":"{{Key}}","value":"{{Base64(Request.Value)}}"}""");

    public byte[] Watch { get; } = Request.Of("POST", "/v3/watch", $$"""{"create_request": {"key":"{{Key}}"} }""");

    private static string Key => Base64("token");

    public static async Task<Etcd> StartAsync(string program) => new(await ServerProcess.StartAsync(program, (folder, at) =>
    {
        var peers = $"http://{Programs.FreeEndPoint()}";
        return
        [
            "--data-dir", Path.Combine(folder, "data"), "--name", "bench",
            "--listen-client-urls", $"http://{at}", "--advertise-client-urls", $"http://{at}",
            "--listen-peer-urls", peers, "--initial-advertise-peer-urls", peers, "--initial-cluster", $"bench={peers}",
        ];
    }));

    public void Dispose() => process.Dispose();

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
}
