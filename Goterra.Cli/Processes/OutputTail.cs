using System.Text;

namespace Goterra.Cli.Processes;

/// <summary>Keeps the last bytes of a command's output, on both streams in the order of arrival.</summary>
internal sealed class OutputTail(int limit)
{
    private readonly Lock _lock = new();
    private readonly byte[] _ring = new byte[limit];
    private long _total;

    public void Add(ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            _total += bytes.Length;
            bytes = bytes.Length > limit ? bytes[^limit..] : bytes;
            if (bytes.Length == 0)
                return;
            var at = (int)((_total - bytes.Length) % limit);
            var first = Math.Min(bytes.Length, limit - at);
            bytes[..first].CopyTo(_ring.AsSpan(at));
            bytes[first..].CopyTo(_ring);
        }
    }

    /// <summary>
    /// Returns UTF-8 that starts at a character boundary, at most as long as the limit. Invalid bytes become U+FFFD.
    /// </summary>
    public byte[] ToText()
    {
        if (limit == 0)
            return [];
        byte[] bytes;
        lock (_lock)
        {
            var at = _total <= limit ? 0 : (int)(_total % limit);
            bytes = _total <= limit ? _ring[..(int)_total] : [.. _ring[at..], .. _ring[..at]];
        }

        // Replacement characters are longer than the bytes that they replace.
        var text = Encoding.UTF8.GetBytes(
            Encoding.UTF8.GetString(bytes.AsSpan(_total > limit ? SkipToCharacter(bytes) : 0)));
        var excess = text.Length - limit;
        return excess <= 0 ? text : text[(excess + SkipToCharacter(text.AsSpan(excess)))..];
    }

    // UTF-8 has at most three continuation bytes.
    private static int SkipToCharacter(ReadOnlySpan<byte> bytes)
    {
        var start = 0;
        while (start < 3 && start < bytes.Length && (bytes[start] & 0xC0) == 0x80)
            start++;
        return start;
    }
}
