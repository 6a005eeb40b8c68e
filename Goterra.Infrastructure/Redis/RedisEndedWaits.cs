using System.Globalization;
using System.Text;
using Goterra.Core.Model;
using Goterra.Core.Waiting;
using Goterra.Infrastructure.Encryption;
using StackExchange.Redis;

namespace Goterra.Infrastructure.Redis;

/// <summary>The last ended waits of each deployment, shared by all instances.</summary>
internal sealed class RedisEndedWaits(RedisConnection store, RedisKeys keys, ValueCipher cipher) : IEndedWaits
{
    public Task AddAsync(DeploymentId id, IReadOnlyList<EndedWait> waits, CancellationToken cancellationToken)
    {
        List<RedisValue> arguments = [IEndedWaits.MaxKept];
        foreach (var wait in waits)
        {
            arguments.AddRange(
                StoredWait.NameOf(wait), wait.Wait.Since.ToUnixTimeMilliseconds(), wait.Ended.ToUnixTimeMilliseconds(),
                StoredWait.Seal(cipher, id, wait));
        }

        return store.EvaluateAsync(
            RedisScripts.EndWaits, [keys.Record(id), keys.EndedWaits(id)], [.. arguments], cancellationToken);
    }

    public async Task<IReadOnlyList<EndedWait>> ListAsync(DeploymentId id, CancellationToken cancellationToken)
    {
        var stored = await store.CallAsync(db => db.HashGetAllAsync(keys.EndedWaits(id)), cancellationToken);
        return
        [
            .. stored
                .Select(entry => (Name: (string)entry.Name!, entry.Value))
                .Select(entry => (entry.Name, Content: Parse(id, entry.Name, entry.Value!)))
                .OrderByDescending(entry => entry.Content.Ended.ToUnixTimeMilliseconds())
                .ThenByDescending(entry => entry.Name, StringComparer.Ordinal)
                .Select(entry => entry.Content),
        ];
    }

    private EndedWait Parse(DeploymentId id, string name, byte[] entry)
    {
        var blank = Array.IndexOf(entry, (byte)' ');
        var since = long.Parse(Encoding.ASCII.GetString(entry, 0, blank), CultureInfo.InvariantCulture);
        var content = entry.AsSpan(Array.IndexOf(entry, (byte)' ', blank + 1) + 1);
        return StoredWait.Open(cipher, id, name, content, DateTimeOffset.FromUnixTimeMilliseconds(since));
    }
}
