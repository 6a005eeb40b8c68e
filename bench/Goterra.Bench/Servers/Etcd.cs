using System.Net;
using System.Text;

namespace Goterra.Bench.Servers;

/// <summary>The yardstick with a watch: one member of etcd, by way of its own JSON gateway.</summary>
internal sealed class Etcd(ServerProcess process) : IBarrier
{
    public const string Program = "etcd";

    public string Name => "etcd";

    public IPEndPoint EndPoint => process.EndPoint;

    public TimeSpan ProcessorTime => process.ProcessorTime;

    public byte[]? Armed { get; } = "\"created\":true"u8.ToArray();

    public byte[]? Woken { get; } = "\"events\""u8.ToArray();

    public byte[] GetOf(string key) => Request.Of("POST", "/v3/kv/range", $$"""{"key":"{{Base64(key)}}"}""");

    public byte[] WaitOf(string key) =>
        Request.Of("POST", "/v3/watch", $$"""{"create_request": {"key":"{{Base64(key)}}"} }""");

    public byte[] BarrierOf(string prefix, int count)
    {
        var end = Base64(prefix[..^1] + (char)(prefix[^1] + 1));
        return Request.Of(
            "POST", "/v3/watch", $$"""{"create_request": {"key":"{{Base64(prefix)}}","range_end":"{{end}}"} }""");
    }

    /// <summary>
    /// The part of the key that does not depend on what follows it: base64 encodes three bytes at a time.
    /// </summary>
    public byte[]? BarrierSign(string prefix) =>
        Encoding.ASCII.GetBytes($"\"key\":\"{Base64(prefix[..(prefix.Length / 3 * 3)])}");

    public byte[] PutOf(string key) =>
        Request.Of("POST", "/v3/kv/put", $$"""{"key":"{{Base64(key)}}","value":"{{Base64(Request.Value)}}"}""");

    public static async Task<Etcd> StartAsync(string program) =>
        new(await ServerProcess.StartAsync(program, (folder, at) =>
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
