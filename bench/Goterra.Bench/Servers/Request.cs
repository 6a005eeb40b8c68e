using System.Globalization;
using System.Text;

namespace Goterra.Bench.Servers;

/// <summary>Requests as the bytes that go over the wire, made once.</summary>
internal static class Request
{
    private const int KeyCount = 1_000;

    /// <summary>As long as a join token of a cluster.</summary>
    public static readonly string Value = "K10" + new string('a', 61);

    /// <summary>One GET for each of 1,000 keys: a server that keeps its latest answer gains nothing by it.</summary>
    public static IReadOnlyList<byte[]> Gets(ITarget target) => [.. Keys.Select(target.GetOf)];

    /// <summary>One PUT for each of the same keys.</summary>
    public static IReadOnlyList<byte[]> Puts(ITarget target) => [.. Keys.Select(target.PutOf)];

    public static byte[] Of(string method, string path, string? body = null, params string[] headers) =>
        OfBytes(method, path, body is null ? null : Encoding.UTF8.GetBytes(body), headers);

    public static byte[] OfBytes(string method, string path, byte[]? body, params string[] headers)
    {
        var text = new StringBuilder($"{method} {path} HTTP/1.1\r\nHost: localhost\r\n");
        foreach (var header in headers)
            text.Append(header).Append("\r\n");
        if (body is not null)
            text.Append(CultureInfo.InvariantCulture, $"Content-Length: {body.Length}\r\n");
        return [.. Encoding.UTF8.GetBytes(text.Append("\r\n").ToString()), .. body ?? []];
    }

    private static IEnumerable<string> Keys => Enumerable.Range(0, KeyCount).Select(index => $"key-{index}");
}
