using System.Buffers;
using Goterra.Cli.Processes;

namespace Goterra.Cli.Once;

/// <summary>
/// What a command writes to stdout, held back until its result is stored: if another machine's becomes the result, that is
/// what has to be printed here. What is too long to be stored is let through.
/// </summary>
internal sealed class HeldOutput
{
    private readonly Lock _writing = new();
    private readonly ArrayBufferWriter<byte> _held = new();
    private long _length;

    /// <summary>Null where it was let through.</summary>
    public byte[]? Bytes
    {
        get
        {
            lock (_writing)
                return _length <= OnceRecord.LongestOutput ? _held.WrittenSpan.ToArray() : null;
        }
    }

    public long Length
    {
        get
        {
            lock (_writing)
                return _length;
        }
    }

    public bool Add(ReadOnlySpan<byte> bytes)
    {
        lock (_writing)
        {
            var wasHeld = _length <= OnceRecord.LongestOutput;
            _length += bytes.Length;
            if (_length <= OnceRecord.LongestOutput)
            {
                _held.Write(bytes);
                return true;
            }

            return (!wasHeld || StandardStream.Output.TryWrite(_held.WrittenSpan)) && StandardStream.Output.TryWrite(bytes);
        }
    }
}
