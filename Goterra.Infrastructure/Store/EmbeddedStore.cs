using System.Net;
using System.Net.Sockets;
using Garnet;

namespace Goterra.Infrastructure.Store;

/// <summary>
/// Garnet in this process: a store with nothing to install. It answers a write after its log is on disk, spills what does not fit its memory, and
/// is reachable by this process only, through a Unix socket in a folder that nobody else may enter.
/// </summary>
internal sealed class EmbeddedStore : IDisposable
{
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
        var server = new GarnetServer(
        [
            "--unixsocket", socket, "--unixsocketperm", "700",
            "--checkpointdir", options.Data, "--recover",
            "--aof", "--aof-commit-wait", "--aof-memory", "16m", "--aof-page-size", "4m",
            "--storage-tier", "--logdir", Path.Combine(options.Data, "log"), "--device-type", "RandomAccess",
            "--memory", options.Memory.Log, "--index", options.Memory.Index, "--page", options.Memory.Page,
            "--lua", "--lua-transaction-mode",
            "-q",
        ]);
        server.Start();
        return new EmbeddedStore(server, socketFolder, socket, dataLock);
    }

    public void Dispose()
    {
        _server.Dispose();
        _lock.Dispose();
        _socketFolder.Delete(recursive: true);
    }

    private static FileStream Lock(string folder)
    {
        try
        {
            if (OperatingSystem.IsWindows())
                Directory.CreateDirectory(folder);
            else
                Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
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
