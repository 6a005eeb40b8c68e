using System.Runtime.InteropServices;

namespace Goterra.Cli.Processes;

/// <summary>Stdout or stderr as the operating system has it.</summary>
/// <remarks>.NET's console stream keeps silent about a reader who is gone, and a file stream writes at places of its own choice in a file that is shared.</remarks>
internal sealed class StandardStream
{
    private readonly int _descriptor;

    private StandardStream(int descriptor) => _descriptor = descriptor;

    public static StandardStream Output { get; } = new(1);

    public static StandardStream Error { get; } = new(2);

    /// <summary>False where nobody reads it any more, or stdout is on a full disk: a command has to know that its output is lost.</summary>
    public unsafe bool Write(ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            for (var done = 0; done < bytes.Length;)
            {
                var count = Libc.Write(_descriptor, start + done, bytes.Length - done);
                if (count > 0)
                {
                    done += (int)count;
                    continue;
                }

                var error = Marshal.GetLastPInvokeError();
                if (error == Libc.TryAgain)
                    Libc.WaitUntilWritable(_descriptor);
                else if (error != Libc.Interrupted)
                    return IsDispensable(error);
            }
        }

        return true;
    }

    // Closed from the beginning, nobody wants it; and no command shall end because there is no room for its messages.
    private bool IsDispensable(int error) => error == Libc.BadDescriptor || (error != Libc.NoReader && _descriptor == 2);
}
