using System.Runtime.InteropServices;

namespace Goterra.Cli.Processes;

/// <summary>Unbuffered stdin, stdout or stderr.</summary>
/// <remarks>
/// .NET's console streams ignore broken pipes, and set up the terminal and signals first. A FileStream uses its own
/// position in a file that is shared with other processes.
/// </remarks>
internal sealed class StandardStream : Stream
{
    private readonly int _descriptor;

    private StandardStream(int descriptor) => _descriptor = descriptor;

    public static StandardStream Input { get; } = new(0);

    public static StandardStream Output { get; } = new(1);

    public static StandardStream Error { get; } = new(2);

    public override bool CanRead => _descriptor == 0;

    public override bool CanWrite => _descriptor != 0;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    private string Name => _descriptor switch { 0 => "stdin", 1 => "stdout", _ => "stderr" };

    /// <summary>
    /// Returns false if a command must learn that its output is lost: there is no reader, or stdout is on a full disk.
    /// </summary>
    // Not for streams that were closed from the start, nor for stderr on a full disk.
    public bool TryWrite(ReadOnlySpan<byte> bytes) =>
        WriteAll(bytes) is var error
            && (error is 0 or Libc.BadDescriptor || (error != Libc.NoReader && _descriptor == 2));

    public override void Write(ReadOnlySpan<byte> buffer) => ThrowOn(WriteAll(buffer));

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override unsafe int Read(Span<byte> buffer)
    {
        fixed (byte* start = buffer)
        {
            while (true)
            {
                var count = Libc.Read(_descriptor, start, buffer.Length);
                if (count >= 0)
                    return (int)count;
                if (!ShouldRetry(Libc.WaitUntilReadable, out var error))
                    ThrowOn(error);
            }
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
        // Unbuffered.
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    private unsafe int WriteAll(ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            for (var done = 0; done < bytes.Length;)
            {
                var count = Libc.Write(_descriptor, start + done, bytes.Length - done);
                if (count > 0)
                    done += (int)count;
                else if (!ShouldRetry(Libc.WaitUntilWritable, out var error))
                    return error;
            }
        }

        return 0;
    }

    /// <summary>
    /// Whether to repeat the last call. Other processes may have made a shared file description non-blocking.
    /// </summary>
    private bool ShouldRetry(Action<int> untilReady, out int error)
    {
        error = Marshal.GetLastPInvokeError();
        if (error == Libc.TryAgain)
            untilReady(_descriptor);
        return error is Libc.TryAgain or Libc.Interrupted;
    }

    private void ThrowOn(int error)
    {
        if (error == Libc.NoReader && _descriptor == 1)
            throw new BrokenPipeException();
        if (error != 0)
            throw new IOException($"{Name}: {Marshal.GetPInvokeErrorMessage(error)}");
    }
}

/// <summary>The reader of stdout closed the pipe, as in <c>goterra-cli list | head -1</c>.</summary>
internal sealed class BrokenPipeException : IOException
{
    /// <summary>Like a program that SIGPIPE has ended.</summary>
    public const int ExitCode = 141;
}
