using System.Text;
using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Goterra.Core.Model;
using Goterra.Infrastructure.Encryption;
using StackExchange.Redis;

namespace Goterra.Infrastructure.Redis;

/// <summary>
/// Deployments in Redis, one script per request; see <see cref="RedisKeys"/> for the layout. Record, names, index and
/// values are separate keys, so that listing and counting load no values. A deployment that expires or is being deleted
/// is entered in <c>ends</c> first: if this process crashes in between, <see cref="RedisRemoval"/> completes the work.
/// </summary>
internal sealed class RedisDeploymentRepository(
    RedisConnection store, RedisKeys keys, ValueCipher cipher, RedisCreation creation, RedisValueReader reader,
    RedisValueWriter writer, RedisFailures failures, RedisRemoval removal) : IDeploymentRepository
{
    private const int KeysPerLoad = 200;

    private readonly RedisReplies _replies = new(cipher);

    public Task<Deployment> CreateAsync(NewDeployment deployment, CancellationToken cancellationToken) =>
        creation.CreateAsync(deployment, cancellationToken);

    public Task<CreationResult> CreateOnceAsync(
        NewDeployment deployment, CreationKey key, CancellationToken cancellationToken) =>
        creation.CreateOnceAsync(deployment, key, cancellationToken);

    public async Task<DeploymentHead?> FindAsync(DeploymentId id, CancellationToken cancellationToken) =>
        (await FindNowAsync(id, cancellationToken))?.Head;

    private async Task<(DeploymentHead Head, DateTimeOffset Now)?> FindNowAsync(
        DeploymentId id, CancellationToken cancellationToken)
    {
        var reply = await store.EvaluateAsync(RedisScripts.Find, [keys.Record(id)], [], cancellationToken);
        return _replies.Head(id, reply) is { } head ? (head, RedisReplies.Time(reply[5])) : null;
    }

    public Task<ValueReading> ReadAsync(DeploymentId id, ValueKey key, CancellationToken cancellationToken) =>
        reader.ReadAsync(id, key.Text, cancellationToken);

    public async Task<DeploymentListing?> ListAsync(
        DeploymentId id, KeyPrefix prefix, CancellationToken cancellationToken)
    {
        var reply = await store.EvaluateAsync(
            RedisScripts.List,
            [keys.Record(id), keys.Names(id), keys.Index(id), keys.Failures(id), keys.Switches(id)],
            RangeOf(prefix),
            cancellationToken);
        if (_replies.Head(id, reply) is not { } head)
            return null;

        return new DeploymentListing(
            head,
            _replies.Deployment(id, head, (RedisValue[])reply[5]!) with
            {
                Failures = head.Failed ? _replies.Failures(id, reply[9]) : [],
            },
            prefix,
            _replies.Keys(id, reply));
    }

    public async Task<KeyCount> CountAsync(DeploymentId id, KeyPrefix prefix, CancellationToken cancellationToken)
    {
        var reply = await store.EvaluateAsync(
            RedisScripts.Count, [keys.Record(id), keys.Names(id)], RangeOf(prefix), cancellationToken);
        return _replies.Head(id, reply) is { } head ? new KeyCount(head, (long)reply[5]) : new KeyCount(null, 0);
    }

    public async Task<EventReading> ReadEventsAsync(DeploymentId id, long? after, CancellationToken cancellationToken)
    {
        var reply = await store.EvaluateAsync(
            RedisScripts.Events,
            [keys.Record(id), keys.Events(id)],
            [after ?? RedisValue.EmptyString],
            cancellationToken);
        if (_replies.Head(id, reply) is not { } head)
            return new EventReading(null, after ?? 0, 0, [], Complete: true);

        var last = (long)reply[5];
        var lines = (RedisValue[])reply[7]!;
        return new EventReading(
            head,
            after ?? last,
            last,
            [.. lines.Where(line => line.HasValue).Select(line => _replies.Event(id, line!))],
            Complete: (string?)reply[6] == "1");
    }

    public async Task<IReadOnlyDictionary<string, StoredValue>?> LoadAsync(
        DeploymentId id, IReadOnlyList<KeyInfo> wanted, CancellationToken cancellationToken)
    {
        var values = new Dictionary<string, StoredValue>(wanted.Count);
        foreach (var slice in wanted.Chunk(KeysPerLoad))
        {
            var blobs = await store.CallAsync(
                db => db.StringGetAsync([.. slice.Select(key => keys.Value(id, key.Key))]),
                slice.Sum(key => key.Size),
                cancellationToken);
            foreach (var (key, blob) in slice.Select(key => key.Key).Zip(blobs))
            {
                // Without a value: removed since, or lost, which a read of its own tells apart.
                var value = blob.IsNull
                    ? (await reader.ReadAsync(id, key, cancellationToken)).Value
                    : _replies.Value(id, key, blob);
                if (value is not null)
                    values.Add(key, value);
            }
        }

        // Checked last: the values of a deployment that is deleted meanwhile would be missing.
        if (await FindNowAsync(id, cancellationToken) is not { } found)
            return null;

        foreach (var (key, _) in values.Where(value => value.Value.Expires <= found.Now).ToList())
            values.Remove(key);
        return values;
    }

    public Task<Outcome> PutAsync(
        ValueWrite write, ReadOnlyMemory<byte> value, CancellationToken cancellationToken) =>
        writer.PutAsync(write, value, cancellationToken);

    public Task<Outcome> RemoveAsync(ValueWrite write, CancellationToken cancellationToken) =>
        writer.RemoveAsync(write, cancellationToken);

    public Task<OutcomeKind> FailAsync(
        DeploymentId id, EpochProof epoch, FailureReport report, CancellationToken cancellationToken) =>
        failures.FailAsync(id, epoch, report, cancellationToken);

    public Task<OutcomeKind> ResumeAsync(
        DeploymentId id, EpochProof epoch, Resumption resumption, CancellationToken cancellationToken) =>
        failures.ResumeAsync(id, epoch, resumption, cancellationToken);

    public async Task<OutcomeKind> DeleteAsync(DeploymentId id, EpochProof epoch, CancellationToken cancellationToken)
    {
        await removal.TryScheduleCleanupAsync(id, cancellationToken);
        var reply = await store.EvaluateAsync(
            RedisScripts.Delete,
            [keys.Record(id), keys.Tombstone(id), keys.Names(id), keys.Index(id), keys.Lost(id)],
            [RedisArguments.Proof(epoch), store.Publication(id), ChangeMessage.All(id)],
            cancellationToken);
        var status = RedisReplies.Outcome(reply).Kind;
        if (status == OutcomeKind.Done)
            await removal.TryRemoveAsync(id);
        return status;
    }

    public async Task<StoreHealth> CheckHealthAsync(CancellationToken cancellationToken)
    {
        await store.VerifyAsync(cancellationToken);
        return await store.CheckServerAsync(cancellationToken);
    }

    private static RedisValue[] RangeOf(KeyPrefix prefix) => prefix == KeyPrefix.All
        ? ["-", "+"]
        : ["[" + prefix.Text, (byte[])[(byte)'[', .. Encoding.UTF8.GetBytes(prefix.Text), 0xFF]];
}
