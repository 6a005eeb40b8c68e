using System.Text;

namespace Goterra.Cli.Processes;

/// <summary>The last bytes of what a command writes, on both streams in the order of arrival.</summary>
internal sealed class OutputTail(int limit)
{
    private readonly Lock _writing = new();
    private readonly byte[] _ring = new byte[limit];
    private long _total;

    public void Add(ReadOnlySpan<byte> bytes)
    {
        lock (_writing)
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

    /// <summary>As UTF-8 text that begins with a whole character, at most as long as the limit; what is no text is U+FFFD.</summary>
    public byte[] ToText()
    {
        if (limit == 0)
            return [];
        byte[] bytes;
        lock (_writing)
        {
            var at = _total <= limit ? 0 : (int)(_total % limit);
            bytes = _total <= limit ? _ring[..(int)_total] : [.. _ring[at..], .. _ring[..at]];
        }

        // Replacement characters are longer than what they replace.
        var text = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(bytes.AsSpan(_total > limit ? SkipToCharacter(bytes) : 0)));
        return text.Length <= limit ? text : text[(text.Length - limit + SkipToCharacter(text.AsSpan(text.Length - limit)))..];
    }

    // At most three continuation bytes: what has more of them isn't UTF-8.
    private static int SkipToCharacter(ReadOnlySpan<byte> bytes)
    {
        var start = 0;
        while (start < 3 && start < bytes.Length && (bytes[start] & 0xC0) == 0x80)
            start++;
        return start;
    }
}
