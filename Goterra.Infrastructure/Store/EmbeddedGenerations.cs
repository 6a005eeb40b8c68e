using System.Globalization;
using StackExchange.Redis;

namespace Goterra.Infrastructure.Store;

/// <summary>
/// The data folder of the embedded store. Its log only grows, so from time to time what lives is copied into a new store beside it, the
/// next generation, and the old one is removed:
/// <code>
/// data/lock      held while a server uses the folder
/// data/current   the name of the generation that counts; replaced in one step when the next one is complete
/// data/N/        a generation: the log of its writes, and what did not fit into memory
/// </code>
/// Whatever dies on the way, <c>current</c> names a complete generation; the others are removed at the next start.
/// </summary>
internal sealed class EmbeddedGenerations : IDisposable
{
    // So few, since each may be as long as the longest value.
    private const int KeysPerBatch = 8;

    private readonly string _folder;
    private readonly EmbeddedMemory _memory;
    private readonly FileStream _lock;
    private EmbeddedStore? _old;
    private int _number;

    private EmbeddedGenerations(string folder, EmbeddedMemory memory, FileStream dataLock)
    {
        (_folder, _memory, _lock) = (folder, memory, dataLock);
        _number = File.Exists(Pointer) ? int.Parse(File.ReadAllText(Pointer), CultureInfo.InvariantCulture) : 1;
        RemoveOthers();
        Current = EmbeddedStore.Start(FolderOf(_number), memory);
        Point(_number);
    }

    public EmbeddedStore Current { get; private set; }

    private string Pointer => Path.Combine(_folder, "current");

    /// <exception cref="StoreFolderException">The folder can't be used; the message says why and what to do.</exception>
    public static EmbeddedGenerations Open(StoreOptions options)
    {
        FileStream? dataLock = null;
        try
        {
            if (OperatingSystem.IsWindows())
                Directory.CreateDirectory(options.Data);
            else
                Directory.CreateDirectory(options.Data, EmbeddedStore.OwnerOnly);
            RefuseForeign(options.Data);
            dataLock = new FileStream(Path.Combine(options.Data, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            return new EmbeddedGenerations(options.Data, options.Memory, dataLock);
        }
        catch (Exception e)
        {
            dataLock?.Dispose();
            throw new StoreFolderException(
                $"'data': the folder {options.Data} can't be used: {e.Message.TrimEnd('.')}. It must be writable, whole, and used by nothing else.", e);
        }
    }

    /// <summary>Starts the next generation and copies into it. Nobody may write meanwhile. <see cref="Commit"/> makes it the one that counts.</summary>
    public async Task<EmbeddedStore> BeginAsync(
        IConnectionMultiplexer from, Func<EmbeddedStore, Task<ConnectionMultiplexer>> connect, CancellationToken cancellationToken)
    {
        RemoveOthers();
        var next = EmbeddedStore.Start(FolderOf(_number + 1), _memory);
        try
        {
            await using var to = await connect(next);
            await foreach (var keys in from.GetServers()[0].KeysAsync(pageSize: 1000).Chunk(KeysPerBatch).WithCancellation(cancellationToken))
                await Task.WhenAll(keys.Select(key => CopyAsync(from.GetDatabase(), to.GetDatabase(), key)));
            return next;
        }
        catch
        {
            next.Dispose();
            throw;
        }
    }

    /// <summary>From here on the next generation counts. If this fails, the old one does, as if nothing had happened.</summary>
    public void Commit(EmbeddedStore next)
    {
        Point(_number + 1);
        _number++;
        _old = Current;
        Current = next;
    }

    /// <summary>Ends what was before the last <see cref="Commit"/>; its folder is removed at the latest before the next one begins.</summary>
    public void Retire()
    {
        _old?.Dispose();
        _old = null;
        RemoveOthers();
    }

    public void Dispose()
    {
        _old?.Dispose();
        Current.Dispose();
        _lock.Dispose();
    }

    /// <summary>Generations that do not count are removed with all that is in them: not in a folder that somebody else uses.</summary>
    private static void RefuseForeign(string folder)
    {
        if (File.Exists(Path.Combine(folder, "current")))
            return;
        if (Directory.EnumerateFileSystemEntries(folder).Any(entry => Path.GetFileName(entry) is not ("lock" or "1" or "current.new")))
            throw new IOException("there are files in it that are not of this server; name a folder that is empty or not there yet");
    }

    private static async Task CopyAsync(IDatabase from, IDatabase to, RedisKey key)
    {
        switch (await from.KeyTypeAsync(key))
        {
            case RedisType.String:
                var value = await from.StringGetWithExpiryAsync(key);
                if (value.Value.HasValue)
                    await to.StringSetAsync(key, value.Value, value.Expiry is { } expiry ? expiry : Expiration.Default);
                break;
            case RedisType.Hash:
                await to.HashSetAsync(key, await from.HashGetAllAsync(key));
                break;
            case RedisType.SortedSet:
                await to.SortedSetAddAsync(key, await from.SortedSetRangeByRankWithScoresAsync(key));
                break;
            case RedisType.None:
                // It expired since it was found.
                break;
            case var other:
                throw new InvalidOperationException($"Nothing of this software is a {other}.");
        }
    }

    private void Point(int number)
    {
        var draft = Pointer + ".new";
        using (var file = new FileStream(draft, FileMode.Create, FileAccess.Write))
        {
            file.Write(System.Text.Encoding.ASCII.GetBytes(number.ToString(CultureInfo.InvariantCulture)));
            file.Flush(flushToDisk: true);
        }

        File.Move(draft, Pointer, overwrite: true);
    }

    private void RemoveOthers()
    {
        foreach (var folder in Directory.EnumerateDirectories(_folder))
        {
            if (int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number != _number)
                Directory.Delete(folder, recursive: true);
        }
    }

    private string FolderOf(int number) => Path.Combine(_folder, number.ToString(CultureInfo.InvariantCulture));
}

/// <summary>The data folder of the embedded store can't be used.</summary>
public sealed class StoreFolderException(string message, Exception inner) : Exception(message, inner);
