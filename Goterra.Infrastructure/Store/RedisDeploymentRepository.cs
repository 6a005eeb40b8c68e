using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Goterra.Core;
using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Goterra.Infrastructure.Encryption;
using StackExchange.Redis;

namespace Goterra.Infrastructure.Store;

/// <summary>
/// Deployments over the Redis protocol, one script a request; see <see cref="StoreKeys"/> for the layout. Record, names, index and values are apart, so
/// that listing and counting load no value. A new deployment with an end, and one that is being deleted, stands in <c>ends</c> first: if this process
/// dies in between, <see cref="DeploymentSweeper"/> finishes.
/// </summary>
internal sealed class RedisDeploymentRepository(StoreConnection store, StoreKeys keys, ValueCipher cipher, Limits limits, TimeProvider time)
    : IDeploymentRepository
{
    private const int KeysPerLoad = 200;
    private static readonly RedisValue ReplayLife = (RedisValue)(long)TimeSpan.FromHours(24).TotalMilliseconds;

    public async Task<Deployment> CreateAsync(NewDeployment deployment, CancellationToken cancellationToken)
    {
        var id = deployment.Id;
        if (deployment.Lifetime is { } lifetime)
            await LookAgainAsync(id, time.GetUtcNow() + lifetime, cancellationToken);

        var reply = await EvaluateAsync(
            StoreScripts.Create,
            [keys.Record(id), keys.Events(id)],
            [
                deployment.Lifetime is null ? "" : (long)deployment.Lifetime.Value.TotalMilliseconds,
                "source", deployment.Owner.Source, "uid", deployment.Owner.Uid, "ns", deployment.Namespace ?? "", "epoch", deployment.Epoch,
                "name", deployment.Name is null ? "" : cipher.Seal(new Place(id, "name"), Encoding.UTF8.GetBytes(deployment.Name)),
            ],
            cancellationToken);

        var created = Time(reply[0]);
        return new Deployment(
            id, deployment.Owner, deployment.Namespace, deployment.Name, created, created, (long)reply[1] == 0 ? null : Time(reply[1]), Revision: 0);
    }

    public async Task<DeploymentHead?> FindAsync(DeploymentId id, CancellationToken cancellationToken) =>
        Head(id, await EvaluateAsync(StoreScripts.Find, [keys.Record(id)], [], cancellationToken));

    public async Task<ValueReading> ReadAsync(DeploymentId id, ValueKey key, CancellationToken cancellationToken)
    {
        var reply = await EvaluateAsync(StoreScripts.Read, [keys.Record(id), keys.Value(id, key.Text)], [], cancellationToken);
        return Head(id, reply) is { } head ? new ValueReading(head, Value(id, key.Text, (byte[]?)reply[5])) : new ValueReading(null, null);
    }

    public async Task<DeploymentListing?> ListAsync(DeploymentId id, KeyPrefix prefix, CancellationToken cancellationToken)
    {
        var reply = await EvaluateAsync(
            StoreScripts.List, [keys.Record(id), keys.Names(id), keys.Index(id)], RangeOf(prefix), cancellationToken);
        if (Head(id, reply) is not { } head)
            return null;

        var record = (RedisValue[])reply[5]!;
        var names = (RedisValue[])reply[6]!;
        var facts = (RedisValue[])reply[7]!;
        var deployment = new Deployment(
            id,
            new Owner(record[0]!, record[1]!),
            record[2].IsNullOrEmpty ? null : (string?)record[2],
            record[3].IsNullOrEmpty ? null : Open(id, "name", record[3]!),
            Time(record[4]),
            Time(record[5]),
            (long)record[6] == 0 ? null : Time(record[6]),
            (long)record[7])
        {
            FailedBecause = head.Failed ? head.Reason : null,
        };
        return new DeploymentListing(
            head, deployment, prefix, [.. names.Zip(facts).Where(pair => pair.Second.HasValue).Select(pair => Info(pair.First!, pair.Second!))]);
    }

    public async Task<KeyCount> CountAsync(DeploymentId id, KeyPrefix prefix, CancellationToken cancellationToken)
    {
        var reply = await EvaluateAsync(StoreScripts.Count, [keys.Record(id), keys.Names(id)], RangeOf(prefix), cancellationToken);
        return Head(id, reply) is { } head ? new KeyCount(head, (long)reply[5]) : new KeyCount(null, 0);
    }

    public async Task<EventReading> ReadEventsAsync(DeploymentId id, long? after, CancellationToken cancellationToken)
    {
        var reply = await EvaluateAsync(StoreScripts.Events, [keys.Record(id), keys.Events(id)], [after ?? RedisValue.EmptyString], cancellationToken);
        if (Head(id, reply) is not { } head)
            return new EventReading(null, after ?? 0, 0, [], Complete: true);

        var last = (long)reply[5];
        var lines = (RedisValue[])reply[7]!;
        return new EventReading(
            head, after ?? last, last, [.. lines.Where(line => line.HasValue).Select(line => Event(id, line!))], Complete: (string?)reply[6] == "1");
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
                if (Value(id, key, blob) is { } value)
                    values.Add(key, value);
            }
        }

        // Asked last: had the deployment been deleted meanwhile, its values would be missing for that reason.
        return await FindAsync(id, cancellationToken) is null ? null : values;
    }

    public async Task<WriteOutcome> PutAsync(ValueWrite write, ReadOnlyMemory<byte> value, CancellationToken cancellationToken)
    {
        var mark = EntityTag.NewMark();
        var reply = await EvaluateAsync(
            StoreScripts.Put,
            KeysOf(write, "put"),
            [
                write.Epoch, write.Key.Text, cipher.Seal(new Place(write.Id, "value", write.Key.Text, mark), value.Span), mark, value.Length,
                Text(write.Condition), IsReplayable(write) ? ReplayLife : "", limits.Keys, limits.DeploymentBytes,
                keys.Changes.ToString(), ChangeMessage.Key(write.Id, write.Key),
            ],
            cancellationToken);
        return Outcome(reply);
    }

    public async Task<WriteOutcome> RemoveAsync(ValueWrite write, CancellationToken cancellationToken) =>
        Outcome(await EvaluateAsync(
            StoreScripts.Remove,
            KeysOf(write, "remove"),
            [
                write.Epoch, write.Key.Text, Text(write.Condition), IsReplayable(write) ? ReplayLife : "",
                keys.Changes.ToString(), ChangeMessage.Key(write.Id, write.Key),
            ],
            cancellationToken));

    public Task<WriteStatus> FailAsync(DeploymentId id, string epoch, string reason, CancellationToken cancellationToken) =>
        SetStateAsync(id, epoch, "failed", cipher.Seal(new Place(id, "reason"), Encoding.UTF8.GetBytes(reason)), cancellationToken);

    public Task<WriteStatus> ResumeAsync(DeploymentId id, string epoch, CancellationToken cancellationToken) =>
        SetStateAsync(id, epoch, "active", [], cancellationToken);

    public async Task<WriteStatus> DeleteAsync(DeploymentId id, string epoch, CancellationToken cancellationToken)
    {
        await LookAgainAsync(id, time.GetUtcNow(), cancellationToken);
        var reply = await EvaluateAsync(
            StoreScripts.Delete, [keys.Record(id)], [epoch, keys.Changes.ToString(), ChangeMessage.All(id)], cancellationToken);
        var status = Outcome(reply).Status;
        if (status == WriteStatus.Done)
            await TryRemoveDataAsync(id);
        return status;
    }

    public async Task PingAsync(CancellationToken cancellationToken) => await store.CallAsync(db => db.PingAsync(), cancellationToken);

    /// <summary>Ends deployments whose time is over, and removes what is left of deleted ones.</summary>
    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        var due = await store.CallAsync(
            db => db.SortedSetRangeByScoreAsync(keys.Ends, stop: time.GetUtcNow().ToUnixTimeMilliseconds(), take: 1000), cancellationToken);
        foreach (var member in due)
        {
            if (!DeploymentId.TryParse(member, out var id))
                continue;

            var reply = await EvaluateAsync(
                StoreScripts.Expire, [keys.Record(id)], [keys.Changes.ToString(), ChangeMessage.All(id)], cancellationToken);
            if ((string?)reply[0] == "over")
                await RemoveDataAsync(id, cancellationToken);
            else
                await LookAgainAsync(id, NextLook((long)reply[1]), cancellationToken);
        }
    }

    // The deployment is deleted already: whether the caller is still there, or the store, changes nothing about that.
    private async Task TryRemoveDataAsync(DeploymentId id)
    {
        try
        {
            await RemoveDataAsync(id, CancellationToken.None);
        }
        catch (StoreUnavailableException)
        {
            // It stands in "ends": the sweeper goes on from here.
        }
    }

    // Values first and names last: whoever dies in between leaves the names of what is still to be removed.
    private async Task RemoveDataAsync(DeploymentId id, CancellationToken cancellationToken)
    {
        while (true)
        {
            var names = await store.CallAsync(db => db.SortedSetRangeByRankAsync(keys.Names(id), 0, 499), cancellationToken);
            if (names.Length == 0)
                break;

            await store.CallAsync(db => db.KeyDeleteAsync([.. names.Select(name => keys.Value(id, name!))]), cancellationToken);
            await store.CallAsync(db => db.SortedSetRemoveAsync(keys.Names(id), names), cancellationToken);
        }

        await store.CallAsync(db => db.KeyDeleteAsync([keys.Names(id), keys.Index(id), keys.Events(id)]), cancellationToken);
        await store.CallAsync(db => db.SortedSetRemoveAsync(keys.Ends, id.ToString()), cancellationToken);
    }

    private Task<bool> LookAgainAsync(DeploymentId id, DateTimeOffset at, CancellationToken cancellationToken) =>
        store.CallAsync(db => db.SortedSetAddAsync(keys.Ends, id.ToString(), at.ToUnixTimeMilliseconds()), cancellationToken);

    // One that lives without an end stands there because a deletion was refused, or died before it did anything.
    private DateTimeOffset NextLook(long expires) =>
        expires == 0 ? time.GetUtcNow() + TimeSpan.FromHours(1) : DateTimeOffset.FromUnixTimeMilliseconds(expires);

    private async Task<RedisResult[]> EvaluateAsync(string script, RedisKey[] names, RedisValue[] arguments, CancellationToken cancellationToken) =>
        (RedisResult[])(await store.CallAsync(db => db.ScriptEvaluateAsync(script, names, arguments), cancellationToken))!;

    private RedisKey[] KeysOf(ValueWrite write, string verb) =>
    [
        keys.Record(write.Id), keys.Names(write.Id), keys.Index(write.Id), keys.Value(write.Id, write.Key.Text),
        keys.Replay(write.Id, IsReplayable(write) ? Hash(verb, write.Key.Text, write.IdempotencyKey!) : "none"),
        keys.Events(write.Id),
    ];

    private static bool IsReplayable(ValueWrite write) => write.Condition.Kind != ConditionKind.None && write.IdempotencyKey is not null;

    private static string Hash(string verb, string key, string idempotencyKey) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{verb}\n{key}\n{idempotencyKey}")))[..32];

    private static string Text(WriteCondition condition) => condition.Kind switch
    {
        ConditionKind.None => "",
        ConditionKind.Absent => "absent",
        ConditionKind.Exists => "exists",
        // The script looks for one of them between blanks; what has a blank inside is not of this server and can't match.
        _ => $" {string.Join(' ', condition.Tags.Where(tag => !tag.Contains(' ', StringComparison.Ordinal)))} ",
    };

    private static WriteOutcome Outcome(RedisResult[] reply) => (string?)reply[0] switch
    {
        "done" => new WriteOutcome(WriteStatus.Done, reply.Length > 2 ? Tag(reply) : null, reply.Length > 1 ? (long)reply[1] : 0),
        "gone" => new WriteOutcome(WriteStatus.Gone),
        "revoked" => new WriteOutcome(WriteStatus.Revoked),
        "absent" => new WriteOutcome(WriteStatus.Absent),
        "condition" => new WriteOutcome(WriteStatus.ConditionFailed, reply.Length > 2 ? Tag(reply) : null),
        "keys" => new WriteOutcome(WriteStatus.TooManyKeys),
        "bytes" => new WriteOutcome(WriteStatus.TooManyBytes),
        var other => throw new InvalidOperationException($"The store answered '{other}' to a write."),
    };

    // A removal has a revision, but leaves nothing that a tag could name.
    private static EntityTag? Tag(RedisResult[] reply) =>
        (string?)reply[2] is { Length: > 0 } mark ? new EntityTag((long)reply[1], mark) : null;

    private async Task<WriteStatus> SetStateAsync(DeploymentId id, string epoch, string state, byte[] reason, CancellationToken cancellationToken) =>
        Outcome(await EvaluateAsync(
            StoreScripts.State,
            [keys.Record(id), keys.Events(id)],
            [epoch, state, reason, keys.Changes.ToString(), ChangeMessage.All(id)],
            cancellationToken)).Status;

    private static RedisValue[] RangeOf(KeyPrefix prefix) => prefix == KeyPrefix.All
        ? ["-", "+"]
        : ["[" + prefix.Text, (byte[])[(byte)'[', .. Encoding.UTF8.GetBytes(prefix.Text), 0xFF]];

    private DeploymentHead? Head(DeploymentId id, RedisResult[] reply) => reply.Length == 1
        ? null
        : new DeploymentHead(
            (string)reply[0]!,
            (string?)reply[1] is { Length: > 0 } left ? TimeSpan.FromMilliseconds(long.Parse(left, CultureInfo.InvariantCulture)) : null,
            (long)reply[2],
            (string?)reply[3] == "failed",
            (byte[]?)reply[4] is { Length: > 0 } reason ? Open(id, "reason", reason) : null);

    private string Open(DeploymentId id, string field, byte[] sealedText) => Encoding.UTF8.GetString(cipher.Open(new Place(id, field), sealedText));

    private DeploymentEvent Event(DeploymentId id, byte[] line)
    {
        // The last part is bytes, and may hold blanks of its own.
        var parts = new string[4];
        var at = 0;
        for (var i = 0; i < parts.Length; i++)
        {
            var blank = Array.IndexOf(line, (byte)' ', at);
            parts[i] = Encoding.ASCII.GetString(line, at, blank - at);
            at = blank + 1;
        }

        var what = line[at..];
        var type = Enum.Parse<EventType>(parts[3], ignoreCase: true);
        return new DeploymentEvent(
            long.Parse(parts[0], CultureInfo.InvariantCulture),
            type,
            DateTimeOffset.FromUnixTimeMilliseconds(long.Parse(parts[1], CultureInfo.InvariantCulture)),
            long.Parse(parts[2], CultureInfo.InvariantCulture),
            type is EventType.Put or EventType.Deleted ? Encoding.UTF8.GetString(what) : null,
            type is EventType.Failed ? Open(id, "reason", what) : null);
    }

    private StoredValue? Value(DeploymentId id, string key, byte[]? blob)
    {
        if (blob is null)
            return null;

        var end = Array.IndexOf(blob, (byte)'\n');
        var facts = Facts(Encoding.ASCII.GetString(blob, 2, end - 2));
        return new StoredValue(cipher.Open(new Place(id, "value", key, facts.Tag.Mark), blob.AsSpan(end + 1)), facts.Tag);
    }

    private static KeyInfo Info(string key, string facts) => Facts(facts) with { Key = key };

    private static KeyInfo Facts(string facts)
    {
        var parts = facts.Split(' ');
        return new KeyInfo(
            "",
            long.Parse(parts[2], CultureInfo.InvariantCulture),
            new EntityTag(long.Parse(parts[0], CultureInfo.InvariantCulture), parts[1]),
            DateTimeOffset.FromUnixTimeMilliseconds(long.Parse(parts[3], CultureInfo.InvariantCulture)));
    }

    private static DateTimeOffset Time(RedisResult milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds((long)milliseconds);

    private static DateTimeOffset Time(RedisValue milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds((long)milliseconds);
}
