using System.Buffers.Text;

namespace Goterra.Bench.Load;

/// <summary>As much of an HTTP/1.1 answer as a benchmark must know: its status, and that it has ended.</summary>
internal static class Reply
{
    /// <returns>The status, or 0 where more bytes are still to come.</returns>
    public static int StatusOf(ReadOnlySpan<byte> received)
    {
        var head = received.IndexOf("\r\n\r\n"u8);
        if (head < 0)
            return 0;

        var status = Number(received[9..]);
        var body = received[(head + 4)..];
        var fields = received[..head];
        if (fields.IndexOf("\r\nContent-Length: "u8) is >= 0 and var at)
            return body.Length >= Number(fields[(at + 18)..]) ? status : 0;

        if (fields.IndexOf("\r\nTransfer-Encoding: chunked"u8) >= 0)
            return body.EndsWith("0\r\n\r\n"u8) ? status : 0;

        return status is 204 or 304
            ? status
            : throw new InvalidDataException($"An answer with status {status} does not say how long it is.");
    }

    private static int Number(ReadOnlySpan<byte> text) =>
        Utf8Parser.TryParse(text, out int number, out _)
            ? number
            : throw new InvalidDataException("An answer has no number where one belongs.");
}
