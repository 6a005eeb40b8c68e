using System.Net;
using System.Net.Sockets;
using Garnet;
using Garnet.server;
using Tsavorite.core;

namespace Goterra.Infrastructure.Store;

/// <summary>
/// Garnet in this process: a store with nothing to install. It answers a write after its log is on disk, spills what does not fit its memory, and
/// is reachable by this process only, through a Unix socket in a folder that nobody else may enter.
/// </summary>
internal sealed class EmbeddedStore : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly GarnetServer _server;
    private readonly DirectoryInfo _socketFolder;
    private readonly FileStream _lock;

    private EmbeddedStore(GarnetServer server, DirectoryInfo socketFolder, string socket, FileStream dataLock)
    {
        (_server, _socketFolder, _lock) = (server, socketFolder, dataLock);
        EndPoint = new UnixDomainSocketEndPoint(socket);
    }

    public EndPoint EndPoint { get; }

    /// <exception cref="StoreFolderException">The folder can't be used; the message says why and what to do.</exception>
    public static EmbeddedStore Start(StoreOptions options)
    {
        var dataLock = Lock(options.Data);

        // Not in the data folder: the path of a Unix socket may have 108 bytes at most.
        var socketFolder = Directory.CreateTempSubdirectory("goterra-");
        var socket = Path.Combine(socketFolder.FullName, "store.sock");
        var server = new GarnetServer(Options(options, socket));
        server.Start();
        return new EmbeddedStore(server, socketFolder, socket, dataLock);
    }

    public void Dispose()
    {
        _server.Dispose();
        _lock.Dispose();
        _socketFolder.Delete(recursive: true);
    }

    // By options and not by arguments: with arguments it opens its TCP port as well, to everybody on the machine.
    private static GarnetServerOptions Options(StoreOptions options, string socket) => new()
    {
        EndPoints = [new UnixDomainSocketEndPoint(socket)],
        UnixSocketPath = socket,
        UnixSocketPermission = OwnerOnly,
        QuietMode = true,

        // It blocks threads of the pool while it waits for locks and the disk; a small machine's pool would grow by one a half second.
        ThreadPoolMinThreads = 32,

        // A write is answered when the log is on disk, and a start that can't read the log is refused.
        EnableAOF = true,
        WaitForCommit = true,
        Recover = true,
        FailOnRecoveryError = true,
        CheckpointDir = options.Data,
        AofMemorySize = "16m",
        AofPageSize = "4m",

        // What doesn't fit the memory goes to disk; without these it would be dropped. The native device wants libaio.
        EnableStorageTier = true,
        LogDir = Path.Combine(options.Data, "log"),
        DeviceType = DeviceType.RandomAccess,
        DeviceFactoryCreator = new LocalStorageNamedDeviceFactoryCreator(deviceType: DeviceType.RandomAccess),
        LogMemorySize = options.Memory.Log,
        IndexMemorySize = options.Memory.Index,
        PageSize = options.Memory.Page,
        RevivifiableFraction = 1,
        NetworkBufferPoolSize = "64m",

        // Scripts lock their keys: without it, of two that read and write the same key at once, one is lost.
        EnableLua = true,
        LuaTransactionMode = true,
        LuaOptions = new LuaOptions(LuaMemoryManagementMode.Native, "", Timeout.InfiniteTimeSpan, LuaLoggingMode.Silent, [], null),
    };

    private static FileStream Lock(string folder)
    {
        try
        {
            if (OperatingSystem.IsWindows())
                Directory.CreateDirectory(folder);
            else
                Directory.CreateDirectory(folder, OwnerOnly);
            return new FileStream(Path.Combine(folder, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StoreFolderException($"'data': the folder {folder} can't be used: {e.Message} It must be writable, and no other server may use it.", e);
        }
    }
}

/// <summary>The data folder of the embedded store can't be used.</summary>
public sealed class StoreFolderException(string message, Exception inner) : Exception(message, inner);
