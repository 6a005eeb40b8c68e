using System.Globalization;
using System.Text;

namespace Goterra.Bench.Servers;

/// <summary>A deployment of goterra-store: makes the requests for its keys.</summary>
internal sealed class StoreDeployment(string id, string token)
{
    private readonly string _authorization = $"Authorization: Bearer {token}";

    /// <summary>Creates a deployment anonymously.</summary>
    public static byte[] Creation { get; } =
        Request.Of("POST", "/store", """{"name":"bench"}""", "Content-Type: application/json");

    public byte[] GetOf(string key) => Request.Of("GET", Path(key), null, _authorization);

    /// <summary>Reads the bytes of the value alone.</summary>
    public byte[] RawGetOf(string key) => Request.Of("GET", Path(key) + "?raw", null, _authorization);

    public byte[] PutOf(string key) => PutOf(key, Encoding.UTF8.GetBytes(Request.Value));

    public byte[] PutOf(string key, byte[] value) =>
        Request.OfBytes("PUT", Path(key), value, _authorization, "Content-Type: application/octet-stream");

    public byte[] WaitOf(string key) => Request.Of("GET", Path(key) + "?wait=10m", null, _authorization);

    public byte[] BarrierOf(string prefix, int count) => Request.Of(
        "GET",
        string.Create(
            CultureInfo.InvariantCulture,
            $"/store/{id}?filter={Uri.EscapeDataString(prefix)}&count={count}&values=false&wait=10m"),
        null,
        _authorization);

    private string Path(string key) => $"/store/{id}/{key}";
}
