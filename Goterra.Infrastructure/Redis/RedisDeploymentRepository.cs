using System.Text;
using Goterra.Core;
using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Goterra.Infrastructure.Encryption;
using StackExchange.Redis;

namespace Goterra.Infrastructure.Redis;

/// <summary>
/// Deployments over the Redis protocol, one script a request; see <see cref="RedisKeys"/> for the layout. Record, names, index and values are apart, so
/// that listing and counting load no value. A new deployment with an end, and one that is being deleted, stands in <c>ends</c> first: if this process
/// dies in between, <see cref="RedisRemoval"/> finishes.
/// </summary>
internal sealed class RedisDeploymentRepository(
    RedisConnection store, RedisKeys keys, ValueCipher cipher, RedisRemoval removal, RedisDeploymentIndex index, RedisLeases leases, Limits limits,
    WriteFingerprint fingerprint) : IDeploymentRepository
{
    private const int KeysPerLoad = 200;

    // Another instance, with a clock that may be ahead, must not find the entry in "ends" before there is a deployment.
    private static readonly TimeSpan CreationTime = TimeSpan.FromMinutes(1);

    private readonly RedisReplies _replies = new(cipher);

    public async Task<Deployment> CreateAsync(NewDeployment deployment, CancellationToken cancellationToken)
    {
        var id = deployment.Id;
        await store.VerifyAgainAsync(cancellationToken);
        if (deployment.Lifetime is { } lifetime)
            await removal.ScheduleCleanupAsync(id, lifetime > CreationTime ? lifetime : CreationTime, cancellationToken);
        await index.AddAsync(deployment, cancellationToken);

        var reply = await store.EvaluateAsync(
            RedisScripts.Create,
            [keys.Record(id), keys.Events(id)],
            [
                RedisArguments.Milliseconds(deployment.Lifetime),
                "source", deployment.Owner.Source, "uid", deployment.Owner.Uid, "epoch", deployment.Epoch,
                "ns", deployment.Namespace?.Text ?? "", "nsepoch", deployment.NamespaceEpoch ?? "", "ends", deployment.EndsWithItsTokens ? "token" : "",
                "name", deployment.Name is null ? "" : cipher.Seal(new Place(id, "name"), Encoding.UTF8.GetBytes(deployment.Name)),
            ],
            cancellationToken);

        var created = RedisReplies.Time(reply[0]);
        return new Deployment(
            id, deployment.Owner, deployment.Namespace, deployment.Name, created, created, RedisReplies.Expiry(reply[1]), Revision: 0);
    }

    public async Task<DeploymentHead?> FindAsync(DeploymentId id, CancellationToken cancellationToken) =>
        (await FindNowAsync(id, cancellationToken))?.Head;

    private async Task<(DeploymentHead Head, DateTimeOffset Now)?> FindNowAsync(DeploymentId id, CancellationToken cancellationToken)
    {
        var reply = await store.EvaluateAsync(RedisScripts.Find, [keys.Record(id)], [], cancellationToken);
        return _replies.Head(id, reply) is { } head ? (head, RedisReplies.Time(reply[5])) : null;
    }

    public async Task<ValueReading> ReadAsync(DeploymentId id, ValueKey key, CancellationToken cancellationToken)
    {
        var reply = await store.EvaluateAsync(RedisScripts.Read, [keys.Record(id), keys.Value(id, key.Text)], [], cancellationToken);
        return _replies.Head(id, reply) is { } head ? new ValueReading(head, _replies.Value(id, key.Text, (byte[]?)reply[5])) : new ValueReading(null, null);
    }

    public async Task<DeploymentListing?> ListAsync(DeploymentId id, KeyPrefix prefix, CancellationToken cancellationToken)
    {
        var reply = await store.EvaluateAsync(
            RedisScripts.List, [keys.Record(id), keys.Names(id), keys.Index(id)], RangeOf(prefix), cancellationToken);
        if (_replies.Head(id, reply) is not { } head)
            return null;

        return new DeploymentListing(head, _replies.Deployment(id, head, (RedisValue[])reply[5]!), prefix, RedisReplies.Keys(reply[6], reply[7], RedisReplies.Time(reply[8])));
    }

    public async Task<KeyCount> CountAsync(DeploymentId id, KeyPrefix prefix, CancellationToken cancellationToken)
    {
        var reply = await store.EvaluateAsync(RedisScripts.Count, [keys.Record(id), keys.Names(id)], RangeOf(prefix), cancellationToken);
        return _replies.Head(id, reply) is { } head ? new KeyCount(head, (long)reply[5]) : new KeyCount(null, 0);
    }

    public async Task<EventReading> ReadEventsAsync(DeploymentId id, long? after, CancellationToken cancellationToken)
    {
        var reply = await store.EvaluateAsync(RedisScripts.Events, [keys.Record(id), keys.Events(id)], [after ?? RedisValue.EmptyString], cancellationToken);
        if (_replies.Head(id, reply) is not { } head)
            return new EventReading(null, after ?? 0, 0, [], Complete: true);

        var last = (long)reply[5];
        var lines = (RedisValue[])reply[7]!;
        return new EventReading(
            head, after ?? last, last, [.. lines.Where(line => line.HasValue).Select(line => _replies.Event(id, line!))], Complete: (string?)reply[6] == "1");
    }

    public async Task<IReadOnlyDictionary<string, StoredValue>?> LoadAsync(
        DeploymentId id, IReadOnlyList<KeyInfo> wanted, CancellationToken cancellationToken)
    {
        var values = new Dictionary<string, StoredValue>(wanted.Count);
        foreach (var slice in wanted.Select(key => key.Key).Chunk(KeysPerLoad))
        {
            var blobs = await store.CallAsync(
                db => db.StringGetAsync([.. slice.Select(key => keys.Value(id, key))]), cancellationToken);
            foreach (var (key, blob) in slice.Zip(blobs))
            {
                if (_replies.Value(id, key, blob) is { } value)
                    values.Add(key, value);
            }
        }

        // Asked last: had the deployment been deleted meanwhile, its values would be missing for that reason.
        if (await FindNowAsync(id, cancellationToken) is not { } found)
            return null;

        foreach (var (key, _) in values.Where(value => value.Value.Expires <= found.Now).ToList())
            values.Remove(key);
        return values;
    }

    public async Task<WriteOutcome> PutAsync(ValueWrite write, ReadOnlyMemory<byte> value, CancellationToken cancellationToken)
    {
        var fingerprints = Fingerprints(write, "put", value.Span);
        if (write.Lease is not { } lease)
            return await StoreAsync(write, value, fingerprints, cancellationToken);

        await leases.ScheduleSweepAsync(write.Id, write.Key, lease, cancellationToken);
        WriteOutcome? outcome = null;
        try
        {
            // Again if the value changed between reading and renewing, to another one that the condition names.
            while (write.Condition.Kind == ConditionKind.Matches)
            {
                outcome = await leases.TryRenewAsync(write, lease, value, await ReadAsync(write.Id, write.Key, cancellationToken), fingerprints, cancellationToken);
                if (outcome is not { Status: WriteStatus.ConditionFailed, Tag: { } tag } || !write.Condition.Tags.Contains(tag.ToString()))
                    break;
            }

            return outcome ??= await StoreAsync(write, value, fingerprints, cancellationToken);
        }
        finally
        {
            // Also where the answer is not known: what was sent is carried out all the same. And for a renewal, which may be a shorter one: a look at what it
            // was before may have put the note off.
            if (outcome is null or { Status: WriteStatus.Done })
                await leases.TryScheduleSweepAsync(write.Id, write.Key, lease);
        }
    }

    private async Task<WriteOutcome> StoreAsync(ValueWrite write, ReadOnlyMemory<byte> value, RedisValue fingerprints, CancellationToken cancellationToken)
    {
        var mark = EntityTag.NewMark();
        return RedisReplies.Outcome(await store.EvaluateAsync(
            RedisScripts.Put,
            KeysOf(write),
            [
                RedisArguments.Proof(write.Epoch), write.Key.Text, cipher.Seal(new Place(write.Id, "value", write.Key.Text, mark), value.Span), mark, value.Length,
                Text(write.Condition), fingerprints, limits.Keys, limits.DeploymentBytes,
                keys.Changes.ToString(), ChangeMessage.Key(write.Id, write.Key), RedisArguments.Milliseconds(write.Lease), RedisArguments.Of(write.Fence),
            ],
            cancellationToken));
    }

    public async Task<WriteOutcome> RemoveAsync(ValueWrite write, CancellationToken cancellationToken) =>
        RedisReplies.Outcome(await store.EvaluateAsync(
            RedisScripts.Remove,
            KeysOf(write),
            [
                RedisArguments.Proof(write.Epoch), write.Key.Text, Text(write.Condition), Fingerprints(write, "remove", []),
                keys.Changes.ToString(), ChangeMessage.Key(write.Id, write.Key), RedisArguments.Of(write.Fence),
            ],
            cancellationToken));

    public Task<WriteStatus> FailAsync(DeploymentId id, EpochProof epoch, string reason, CancellationToken cancellationToken) =>
        SetStateAsync(id, epoch, "failed", cipher.Seal(new Place(id, "reason"), Encoding.UTF8.GetBytes(reason)), cancellationToken);

    public Task<WriteStatus> ResumeAsync(DeploymentId id, EpochProof epoch, CancellationToken cancellationToken) =>
        SetStateAsync(id, epoch, "active", [], cancellationToken);

    public async Task<WriteStatus> DeleteAsync(DeploymentId id, EpochProof epoch, CancellationToken cancellationToken)
    {
        await removal.TryScheduleCleanupAsync(id, cancellationToken);
        var reply = await store.EvaluateAsync(
            RedisScripts.Delete, [keys.Record(id), keys.Tombstone(id)], [RedisArguments.Proof(epoch), keys.Changes.ToString(), ChangeMessage.All(id)], cancellationToken);
        var status = RedisReplies.Outcome(reply).Status;
        if (status == WriteStatus.Done)
            await removal.TryRemoveAsync(id);
        return status;
    }

    public async Task<StoreHealth> CheckHealthAsync(CancellationToken cancellationToken)
    {
        await store.CallAsync(db => db.PingAsync(), cancellationToken);
        return new StoreHealth();
    }

    private RedisKey[] KeysOf(ValueWrite write) =>
    [
        keys.Record(write.Id), keys.Names(write.Id), keys.Index(write.Id), keys.Value(write.Id, write.Key.Text),
        keys.Replay(write.Id, write.IdempotencyKey),
        keys.Events(write.Id), keys.Value(write.Id, (write.Fence?.Key ?? write.Key).Text),
    ];

    // One after the other, as the prologue takes them.
    private RedisValue Fingerprints(ValueWrite write, string verb, ReadOnlySpan<byte> value) =>
        write.IsReplayable ? string.Concat(fingerprint.Of(write, verb, value)) : RedisValue.EmptyString;

    private static string Text(WriteCondition condition) => condition.Kind switch
    {
        ConditionKind.None => "",
        ConditionKind.Absent => "absent",
        ConditionKind.Exists => "exists",
        // The script looks for one of them between blanks; what has a blank inside is not of this server and can't match.
        _ => $" {string.Join(' ', condition.Tags.Where(tag => !tag.Contains(' ', StringComparison.Ordinal)))} ",
    };

    private async Task<WriteStatus> SetStateAsync(DeploymentId id, EpochProof epoch, string state, byte[] reason, CancellationToken cancellationToken) =>
        RedisReplies.Outcome(await store.EvaluateAsync(
            RedisScripts.State,
            [keys.Record(id), keys.Events(id)],
            [RedisArguments.Proof(epoch), state, reason, keys.Changes.ToString(), ChangeMessage.All(id)],
            cancellationToken)).Status;

    private static RedisValue[] RangeOf(KeyPrefix prefix) => prefix == KeyPrefix.All
        ? ["-", "+"]
        : ["[" + prefix.Text, (byte[])[(byte)'[', .. Encoding.UTF8.GetBytes(prefix.Text), 0xFF]];
}
