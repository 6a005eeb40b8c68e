using Goterra.Core.Deployments;
using Goterra.Core.Model;
using Goterra.Infrastructure.Encryption;
using StackExchange.Redis;

namespace Goterra.Infrastructure.Redis;

/// <summary>
/// Reads single values. What is wanted of a deployment while a call is in flight is read by the next call, except for
/// large values: each of these is read by a call of its own.
/// </summary>
internal sealed class RedisValueReader(
    RedisConnection store, RedisKeys keys, ValueCipher cipher, TimeProvider time)
{
    private const int MaxKeys = 64;
    private const int MaxBytes = 1024 * 1024;
    private const int AnySize = int.MaxValue;

    // While Redis hangs, a request must not first wait for the call in flight to time out.
    private static readonly TimeSpan MaxWait = TimeSpan.FromMilliseconds(500);

    private readonly RedisReplies _replies = new(cipher);
    private readonly GatheredReads<DeploymentId, string, Lazy<ValueReading?>> _small =
        new(MaxKeys, MaxWait, time);
    private readonly SharedReads<(DeploymentId Id, string Key), ValueReading> _large = new();

    /// <summary>Reads a value. Concurrent reads of the same deployment share a call.</summary>
    public async Task<ValueReading> ReadAsync(DeploymentId id, string key, CancellationToken cancellationToken)
    {
        var small = await _small.ReadAsync(id, key, ReadSmallAsync, cancellationToken);
        return small.Value ?? await _large.ReadAsync((id, key), ReadLargeAsync, cancellationToken);
    }

    /// <summary>Reads a value by a call of its own. Returns a lease that has expired, too, until it is swept.</summary>
    public async Task<ValueReading> ReadEvenIfLapsedAsync(
        DeploymentId id, string key, CancellationToken cancellationToken)
    {
        var small = await EvaluateAsync(id, [key], evenIfLapsed: true, RedisLane.MaxSmall, cancellationToken);
        return small[0].Value ?? await ReadLargeAsync(id, key, evenIfLapsed: true, cancellationToken);
    }

    private Task<IReadOnlyList<Lazy<ValueReading?>>> ReadSmallAsync(
        DeploymentId id, IReadOnlyList<string> names, CancellationToken cancellationToken) =>
        EvaluateAsync(id, names, evenIfLapsed: false, RedisLane.MaxSmall, cancellationToken);

    private Task<ValueReading> ReadLargeAsync(
        (DeploymentId Id, string Key) value, CancellationToken cancellationToken) =>
        ReadLargeAsync(value.Id, value.Key, evenIfLapsed: false, cancellationToken);

    private async Task<ValueReading> ReadLargeAsync(
        DeploymentId id, string key, bool evenIfLapsed, CancellationToken cancellationToken)
    {
        var readings = await EvaluateAsync(id, [key], evenIfLapsed, AnySize, cancellationToken);
        return readings[0].Value ?? throw new InvalidOperationException("The store found a value too large to read.");
    }

    /// <returns>
    /// The reading of each key, null if the value is too large. Decrypted by the first caller who wants it: an error
    /// concerns only those who asked for the value.
    /// </returns>
    private async Task<IReadOnlyList<Lazy<ValueReading?>>> EvaluateAsync(
        DeploymentId id, IReadOnlyList<string> names, bool evenIfLapsed, int maxSize,
        CancellationToken cancellationToken)
    {
        var reply = await store.EvaluateAsync(
            RedisScripts.Read,
            [keys.Record(id), keys.Index(id), .. names.Select(name => keys.Value(id, name))],
            [evenIfLapsed ? "1" : "", maxSize, MaxBytes, .. names.Select(name => (RedisValue)name)],
            maxSize,
            cancellationToken);
        var head = _replies.Head(id, reply);
        var readings = new Lazy<ValueReading?>[names.Count];
        for (var i = 0; i < readings.Length; i++)
        {
            var (name, part) = (names[i], head is null ? null : reply[RedisReplies.HeadLength + i]);
            readings[i] = new Lazy<ValueReading?>(() => Reading(id, name, head, part));
        }

        return readings;
    }

    private ValueReading? Reading(DeploymentId id, string key, DeploymentHead? head, RedisResult? part) =>
        part?.Resp2Type switch
        {
            null => new ValueReading(null, null),
            ResultType.Integer => null,
            ResultType.Array => throw LostParts.Of(keys.Record(id), (string?)part[1]),
            _ => new ValueReading(head, _replies.Value(id, key, (byte[]?)part)),
        };
}
