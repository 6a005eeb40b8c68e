using System.Buffers;
using Goterra.Cli.Processes;

namespace Goterra.Cli.Commands.Once;

/// <summary>
/// Buffers the stdout of a command until its result is stored: if another machine's result wins, that is printed
/// instead. Output that is too long to be stored is passed through.
/// </summary>
internal sealed class BufferedCommandOutput
{
    private readonly Lock _lock = new();
    private readonly ArrayBufferWriter<byte> _buffer = new();
    private long _length;

    /// <summary>Null if it was passed through.</summary>
    public byte[]? Bytes
    {
        get
        {
            lock (_lock)
                return _length <= OnceRecord.MaxOutputLength ? _buffer.WrittenSpan.ToArray() : null;
        }
    }

    public long Length
    {
        get
        {
            lock (_lock)
                return _length;
        }
    }

    public bool Add(ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            var wasBuffered = _length <= OnceRecord.MaxOutputLength;
            _length += bytes.Length;
            if (_length <= OnceRecord.MaxOutputLength)
            {
                _buffer.Write(bytes);
                return true;
            }

            return (!wasBuffered || StandardStream.Output.TryWrite(_buffer.WrittenSpan))
                && StandardStream.Output.TryWrite(bytes);
        }
    }
}
