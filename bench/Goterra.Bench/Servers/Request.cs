using System.Text;

namespace Goterra.Bench.Servers;

/// <summary>Requests as the bytes that go over the wire, made once.</summary>
internal static class Request
{
    /// <summary>As long as a join token of a cluster.</summary>
    public static readonly string Value = "K10" + new string('a', 61);

    public static byte[] Of(string method, string path, string? body = null, params string[] headers)
    {
        var text = new StringBuilder($"{method} {path} HTTP/1.1\r\nHost: localhost\r\n");
        foreach (var header in headers)
            text.Append(header).Append("\r\n");
        if (body is not null)
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"Content-Length: {Encoding.UTF8.GetByteCount(body)}\r\n");
        return Encoding.UTF8.GetBytes(text.Append("\r\n").Append(body).ToString());
    }
}
