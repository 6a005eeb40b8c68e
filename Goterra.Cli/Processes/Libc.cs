using System.Runtime.InteropServices;

namespace Goterra.Cli.Processes;

/// <summary>
/// System calls that .NET does not offer. Only from libc: the static program cannot load other libraries.
/// </summary>
internal static partial class Libc
{
    public const int NoEntry = 2; // ENOENT
    public const int TooBig = 7; // E2BIG
    public const int NotExecutable = 8; // ENOEXEC
    public const int Interrupted = 4; // EINTR
    public const int BadDescriptor = 9; // EBADF
    public const int TryAgain = 11; // EAGAIN
    public const int NoReader = 32; // EPIPE

    private const int GetDescriptorFlags = 1; // F_GETFD
    private const int PathOnly = 0x20_0000; // O_PATH
    private const short Readable = 1; // POLLIN
    private const short Writable = 4; // POLLOUT
    private const int BrokenPipe = 13; // SIGPIPE
    private const int CurrentFolder = -100; // AT_FDCWD
    private const uint Type = 1; // STATX_TYPE
    private const int SetChildSubreaper = 36; // PR_SET_CHILD_SUBREAPER
    private const int DoNotWait = 1; // WNOHANG

    /// <summary>The process that has started this one; another one after it has ended.</summary>
    [LibraryImport("libc", EntryPoint = "getppid")]
    public static partial int ParentProcess();

    [LibraryImport("libc", EntryPoint = "kill")]
    public static partial int Kill(int process, int signal);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    public static unsafe partial nint Write(int descriptor, byte* bytes, nint count);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    public static unsafe partial nint Read(int descriptor, byte* bytes, nint count);

    /// <summary>Whether the path is a device, a pipe or a socket. Follows links.</summary>
    public static unsafe bool IsSpecial(string path)
    {
        const int ModeAt = 28;
        var found = stackalloc byte[256]; // struct statx, the same on all architectures
        return Status(CurrentFolder, path, 0, Type, found) == 0
            && (*(ushort*)(found + ModeAt) & 0xF000) is not (0x8000 or 0x4000); // S_IFREG, S_IFDIR
    }

    public static bool IsTerminal(int descriptor) => IsTerminalDevice(descriptor) == 1;

    /// <summary>Whether this process is in the foreground of the terminal: not started with `&amp;`.</summary>
    public static bool IsInForeground(int terminal) => ForegroundGroup(terminal) == ProcessGroup();

    /// <summary>.NET ignores SIGPIPE. Commands would inherit that, and `yes | head` would never end.</summary>
    public static void RestoreBrokenPipeSignal() => _ = SetHandler(BrokenPipe, 0);

    public static void IgnoreBrokenPipeSignal() => _ = SetHandler(BrokenPipe, 1);

    /// <summary>Returns only on failure.</summary>
    [LibraryImport("libc", EntryPoint = "execve", SetLastError = true)]
    public static partial int Execute(nint path, nint[] arguments, nint[] environment);

    /// <summary>Collects the exit status of a child without waiting, which removes a zombie.</summary>
    public static void Reap(int child) => _ = WaitFor(child, 0, DoNotWait);

    /// <summary>Makes this process the parent of all orphans that its commands leave behind.</summary>
    public static void AdoptOrphans() => _ = Control(SetChildSubreaper, 1, 0, 0, 0);

    public static void WaitUntilWritable(int descriptor) => WaitUntil(descriptor, Writable);

    public static void WaitUntilReadable(int descriptor) => WaitUntil(descriptor, Readable);

    /// <summary>
    /// Occupies the descriptors of stdin, stdout and stderr if the caller has closed them. Otherwise the next file or
    /// connection would get that number, and output would go there. The placeholder can be neither read nor written.
    /// </summary>
    public static void OccupyClosedStreams()
    {
        for (var stream = 0; stream <= 2; stream++)
        {
            if (DescriptorControl(stream, GetDescriptorFlags, 0) < 0)
                _ = Open("/", PathOnly);
        }
    }

    private static void WaitUntil(int descriptor, short events)
    {
        var wanted = new Polled { Descriptor = descriptor, Events = events };
        _ = Poll(ref wanted, 1, -1);
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int Status(int folder, string path, int flags, uint mask, byte* found);

    [LibraryImport("libc", EntryPoint = "isatty")]
    private static partial int IsTerminalDevice(int descriptor);

    [LibraryImport("libc", EntryPoint = "tcgetpgrp")]
    private static partial int ForegroundGroup(int terminal);

    [LibraryImport("libc", EntryPoint = "getpgrp")]
    private static partial int ProcessGroup();

    [LibraryImport("libc", EntryPoint = "fcntl")]
    private static partial int DescriptorControl(int descriptor, int command, nint value);

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "signal")]
    private static partial nint SetHandler(int signal, nint handler);

    [LibraryImport("libc", EntryPoint = "waitpid")]
    private static partial int WaitFor(int child, nint status, int options);

    [LibraryImport("libc", EntryPoint = "prctl")]
    private static partial int Control(int option, nuint value, nuint unused3, nuint unused4, nuint unused5);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int Poll(ref Polled wanted, ulong count, int milliseconds);

    [StructLayout(LayoutKind.Sequential)]
    private struct Polled
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }
}
