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
    public const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly GarnetServer _server;
    private readonly DirectoryInfo? _socketFolder;

    private EmbeddedStore(GarnetServer server, DirectoryInfo? socketFolder, UnixDomainSocketEndPoint endPoint) =>
        (_server, _socketFolder, EndPoint) = (server, socketFolder, endPoint);

    public UnixDomainSocketEndPoint EndPoint { get; }

    public static EmbeddedStore Start(string folder, EmbeddedMemory memory)
    {
        // The path of a Unix socket may have 108 bytes at most; where the folder's is too long, the socket is in a folder of its own.
        Directory.CreateDirectory(folder);
        var socketFolder = folder.Length < 90 ? null : Directory.CreateTempSubdirectory("goterra-");
        var endPoint = new UnixDomainSocketEndPoint(Path.Combine(socketFolder?.FullName ?? folder, "store.sock"));
        var server = new GarnetServer(Options(folder, memory, endPoint));
        server.Start();
        return new EmbeddedStore(server, socketFolder, endPoint);
    }

    public void Dispose()
    {
        _server.Dispose();
        _socketFolder?.Delete(recursive: true);
    }

    // By options and not by arguments: with arguments it opens its TCP port as well, to everybody on the machine.
    private static GarnetServerOptions Options(string folder, EmbeddedMemory memory, UnixDomainSocketEndPoint endPoint) => new()
    {
        EndPoints = [endPoint],
        UnixSocketPath = endPoint.ToString(),
        UnixSocketPermission = OwnerOnly,
        MaxDatabases = 1,
        QuietMode = true,

        // It blocks threads of the pool while it waits for locks and the disk; a small machine's pool would grow by one a half second.
        ThreadPoolMinThreads = 32,

        // A write is answered when the log is on disk, and a start that can't read the log is refused. No checkpoints: a crash after one left large
        // values with zeros at their ends. EmbeddedGenerations keeps the log short instead.
        EnableAOF = true,
        WaitForCommit = true,
        Recover = true,
        FailOnRecoveryError = true,
        CheckpointDir = folder,
        AofMemorySize = "16m",
        AofPageSize = "4m",

        // What doesn't fit the memory goes to disk; without these it would be dropped. The native device wants libaio.
        EnableStorageTier = true,
        LogDir = Path.Combine(folder, "log"),
        DeviceType = DeviceType.RandomAccess,
        DeviceFactoryCreator = new LocalStorageNamedDeviceFactoryCreator(deviceType: DeviceType.RandomAccess),
        LogMemorySize = memory.Log,
        IndexMemorySize = memory.Index,
        PageSize = memory.Page,
        RevivifiableFraction = 1,
        NetworkBufferPoolSize = "16m",
        BufferPoolMemoryBudget = "64m",

        // Scripts lock their keys: without it, of two that read and write the same key at once, one is lost.
        EnableLua = true,
        LuaTransactionMode = true,
        LuaOptions = new LuaOptions(LuaMemoryManagementMode.Native, "", Timeout.InfiniteTimeSpan, LuaLoggingMode.Silent, [], null),
    };
}
