using Goterra.Infrastructure.Encryption;
using Goterra.Infrastructure.Maintenance;
using Goterra.Infrastructure.Redis;
using Goterra.Infrastructure.Sqlite;
using Microsoft.Data.Sqlite;

namespace Goterra.Infrastructure;

/// <summary>Looks at a store from outside, whether or not servers use it, and changes nothing.</summary>
public static class StoreSurvey
{
    /// <summary>Checks whether a server could use the store.</summary>
    public static async Task<StoreFindings> CheckAsync(StoreOptions options, SecretRing secrets)
    {
        if (options.Redis is { } redis)
            return await RedisSurvey.CheckAsync(redis, new RedisKeys(options.Prefix), secrets);
        if (IsNew(options.Data))
            return new StoreFindings();

        try
        {
            var damage = StoreMaintenance.Check(options.Data);
            return Check(options.Data, secrets) with { Errors = damage, IsDamaged = damage.Count > 0 };
        }
        catch (Exception e) when (e is StoreFolderException or IOException or UnauthorizedAccessException)
        {
            return new StoreFindings { Exists = true, Errors = [e.Message] };
        }
    }

    /// <summary>Counts what is in the store.</summary>
    /// <exception cref="StoreFolderException">There is no store, or it cannot be read.</exception>
    public static async Task<StoreStatistics> CountAsync(StoreOptions options)
    {
        if (options.Redis is { } redis)
            return await RedisSurvey.CountAsync(redis, new RedisKeys(options.Prefix));

        using var folder = DataFolder.Open(options.Data);
        try
        {
            using var session = StoreMaintenance.Connect(folder);
            var now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
            var bytes = new DirectoryInfo(folder.Path).EnumerateFiles("*", SearchOption.AllDirectories)
                .Sum(file => file.Length);
            return session.All(
                "SELECT count(*), coalesce(sum(failed), 0), coalesce(sum(keys), 0), coalesce(sum(bytes), 0) "
                + "FROM deployments WHERE expires = 0 OR expires > ?1",
                row => new StoreStatistics(row.Number(0), row.Number(1), row.Number(2), row.Number(3), bytes, null),
                now).Single();
        }
        catch (Exception e) when (SqliteFaults.IsFault(e))
        {
            throw new StoreFolderException($"{options.Data} cannot be read: {e.Message}", e);
        }
    }

    private static bool IsNew(string folder) =>
        !Directory.Exists(folder) || !Directory.EnumerateFileSystemEntries(folder).Any();

    private static StoreFindings Check(string data, SecretRing secrets)
    {
        using var folder = DataFolder.Open(data);
        try
        {
            using var session = StoreMaintenance.Connect(folder);
            var claim = session.First("SELECT value FROM settings WHERE name = 'secret'", row => row.Blob(0));
            var updated = session.First("SELECT coalesce(max(updated), 0) FROM deployments", row => row.Number(0));
            return new StoreFindings
            {
                Exists = true,
                HasOtherSecret = claim is not null && !SecretKeys.IsCheckOfAny(claim, secrets),
                LastWrite = updated > 0 ? DateTimeOffset.FromUnixTimeMilliseconds(updated) : null,
            };
        }
        catch (SqliteException)
        {
            // The full check says more about it.
            return new StoreFindings { Exists = true };
        }
    }
}
