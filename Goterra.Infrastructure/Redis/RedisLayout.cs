using StackExchange.Redis;

namespace Goterra.Infrastructure.Redis;

/// <summary>Keeps instances of versions with another layout of keys and channels apart.</summary>
internal sealed class RedisLayout(RedisKeys keys, TimeProvider time)
{
    private static readonly TimeSpan OldInstanceLife = TimeSpan.FromSeconds(20);

    /// <summary>Notes the layout of this version in an empty store.</summary>
    /// <exception cref="IncompatibleStoreException">Instances of another version use the store.</exception>
    public async Task CheckAsync(IDatabase db)
    {
        // First: the layout may be from before a rollback to 0.1.
        var recent = time.GetUtcNow() - OldInstanceLife;
        if (await db.SortedSetLengthAsync(keys.OldInstances, recent.ToUnixTimeMilliseconds()) > 0)
            throw new IncompatibleStoreException("version 0.1");

        var layout = await db.StringGetAsync(keys.Layout);
        if (layout.HasValue && layout != RedisKeys.LayoutVersion)
            throw new IncompatibleStoreException("a newer version");

        try
        {
            if (!layout.HasValue)
                await db.StringSetAsync(keys.Layout, RedisKeys.LayoutVersion, when: When.NotExists);
        }
        catch (RedisServerException e) when (RedisErrors.IsFull(e))
        {
            // A full store stays readable.
        }
    }
}
