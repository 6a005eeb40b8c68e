using System.Buffers.Binary;
using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Goterra.Bench.Load;

/// <summary>
/// Linux' epoll, straight. The sockets of .NET pass every readiness through the thread pool, which costs the generator
/// about as much as the server needs for an answer; on a machine with two cores that would be measured too.
/// </summary>
internal sealed partial class Epoll : IDisposable
{
    private const int Add = 1;
    private const uint Readable = 1;
    private const int Interrupted = 4;
    private const int MostAtOnce = 256;

    // The kernel packs struct epoll_event on x86-64, and there only.
    private static readonly int EventBytes = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;
    private static readonly int DataOffset = EventBytes - 8;

    private readonly int _epoll = Checked(NativeCreate(0));
    private readonly byte[] _events = new byte[MostAtOnce * 16];

    /// <summary>Watches a socket; <see cref="Wait"/> names it by <paramref name="index"/>.</summary>
    public void Watch(int socket, int index)
    {
        Span<byte> item = stackalloc byte[16];
        BinaryPrimitives.WriteUInt32LittleEndian(item, Readable);
        BinaryPrimitives.WriteInt64LittleEndian(item[DataOffset..], index);
        Checked(NativeControl(_epoll, Add, socket, ref item[0]));
    }

    /// <summary>
    /// Fills <paramref name="ready"/> with the sockets that have something to read; 0 of them when the time is over.
    /// </summary>
    public int Wait(Span<int> ready, int milliseconds)
    {
        var count = NativeWait(_epoll, ref _events[0], Math.Min(ready.Length, MostAtOnce), milliseconds);
        if (count < 0 && Marshal.GetLastPInvokeError() == Interrupted)
            return 0;

        for (var i = 0; i < Checked(count); i++)
            ready[i] = (int)BinaryPrimitives.ReadInt64LittleEndian(_events.AsSpan((i * EventBytes) + DataOffset));
        return count;
    }

    public void Dispose() => _ = NativeClose(_epoll);

    public static int Receive(int socket, Span<byte> buffer) =>
        Checked((int)NativeReceive(socket, ref buffer[0], buffer.Length, 0));

    public static int Send(int socket, ReadOnlySpan<byte> bytes) =>
        Checked((int)NativeSend(socket, in bytes[0], bytes.Length, 0));

    private static int Checked(int result) =>
        result >= 0 ? result : throw new Win32Exception(Marshal.GetLastPInvokeError());

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    private static partial int NativeCreate(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    private static partial int NativeControl(int epoll, int operation, int socket, ref byte item);

    [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    private static partial int NativeWait(int epoll, ref byte events, int most, int milliseconds);

    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    private static partial nint NativeReceive(int socket, ref byte buffer, nint length, int flags);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    private static partial nint NativeSend(int socket, in byte bytes, nint length, int flags);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int NativeClose(int handle);
}
