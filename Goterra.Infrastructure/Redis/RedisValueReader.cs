using Goterra.Core.Deployments;
using Goterra.Core.Model;
using Goterra.Infrastructure.Encryption;
using StackExchange.Redis;

namespace Goterra.Infrastructure.Redis;

/// <summary>Reads single values.</summary>
internal sealed class RedisValueReader(RedisConnection store, RedisKeys keys, ValueCipher cipher)
{
    private readonly RedisReplies _replies = new(cipher);
    private readonly SharedReads<(DeploymentId Id, string Key), ValueReading> _reads = new();

    /// <summary>Reads a value, together with all who ask for it meanwhile.</summary>
    public Task<ValueReading> ReadAsync(DeploymentId id, ValueKey key, CancellationToken cancellationToken) =>
        _reads.ReadAsync((id, key.Text), ReadNowAsync, cancellationToken);

    private Task<ValueReading> ReadNowAsync(
        (DeploymentId Id, string Key) value, CancellationToken cancellationToken) =>
        ReadAsync(value.Id, value.Key, evenIfLapsed: false, cancellationToken);

    /// <param name="id">The deployment.</param>
    /// <param name="key">The key.</param>
    /// <param name="evenIfLapsed">Returns a lease that has expired, too, until it is swept.</param>
    /// <param name="cancellationToken">Ends the wait for the result.</param>
    public async Task<ValueReading> ReadAsync(
        DeploymentId id, string key, bool evenIfLapsed, CancellationToken cancellationToken)
    {
        var reply = await store.EvaluateAsync(
            RedisScripts.Read,
            [keys.Record(id), keys.Value(id, key), keys.Index(id)],
            [key, evenIfLapsed ? "1" : RedisValue.EmptyString],
            cancellationToken);
        return _replies.Head(id, reply) is { } head
            ? new ValueReading(head, _replies.Value(id, key, (byte[]?)reply[5]))
            : new ValueReading(null, null);
    }
}
