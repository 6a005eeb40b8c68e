using System.Security.Cryptography;
using System.Text;
using Goterra.Core.Model;
using StackExchange.Redis;

namespace Goterra.Infrastructure.Redis;

/// <summary>
/// Every key and channel name in Redis. All keys of a deployment contain its id as hash tag, so they are in one slot:
/// <code>
/// goterra:{id}:record       hash    v=1, source, uid, ns, nsepoch (a copy of the namespace's), name (encrypted),
///                                   created, updated, expires (0: never), ends (token: with its last token),
///                                   secret (id of the one it was created with), epoch,
///                                   revoked (ids of redeemed tickets, separated by dots), rev, bytes, keys (how many),
///                                   seq (of the last event), sec (of the last security event),
///                                   state (active, failed), fails (how often it became failed),
///                                   reason (encrypted: of the oldest open failure, or the last one)
/// goterra:{id}:names        zset    every key of the deployment, score 0: sorted by bytes
/// goterra:{id}:index        hash    key -> "revision mark size updated expires writer"; writer is encrypted,
///                                   in base64, and absent if it is not known
/// goterra:{id}:value:KEY    string  "1 revision mark size updated expires\n" and the encrypted value;
///                                   a lease begins with 2, and its expires has 15 digits
/// goterra:{id}:replay:HASH  string  "fingerprint revision mark expires" of a conditional write, for 24 h;
///                                   HASH is that of its idempotency key, mark is empty for a removal
/// goterra:{id}:failures     hash    hash of the source -> "event time family how\n" and the encrypted failure: the
///                                   open ones; family '-' for a full credential, how is declared or lapsed
/// goterra:{id}:switches     hash    key -> "life nsepoch tickets family sources\n" and the encrypted failure that
///                                   is reported when the lease of the key lapses; life in ms, sources as in SourceHash
/// goterra:{id}:events       hash    number modulo 1,000 -> "number time revision type what": the last 1,000 events;
///                                   what is an encrypted failure, or a key, "\n" and the writer as in the index
/// goterra:{id}:waiting:I    string  JSON: the waits at instance I; expires after 10 s
/// goterra:{id}:ended        hash    hash of what the requests of a wait have in common -> "since ended " and the
///                                   encrypted wait: the last 200 that have ended
/// goterra:{id}:security     hash    number modulo 200 -> an event in the same form: the last 200 security events
/// goterra:{id}:tickets      hash    hash of the secret -> "expires epoch nsepoch machine id parents made redeemed
///                                   client\n" and the encrypted terms; nsepoch and parents '*', machine and client '-'
///                                   for none, redeemed 0 for never; client is encrypted, in base64
/// goterra:{id}:misuse       hash    "hash address": a redeemed ticket was tried again from that address; at most 1,000
/// goterra:{id}:grave        string  "source\nuid\nns" of a deleted deployment, for 7 days
/// goterra:{id}:lost         string  names or properties of its keys were lost when it was deleted: its data has to be
///                                   searched for
/// goterra:all               zset    id -> creation time: all deployments; some may no longer exist
/// goterra:user:HASH         zset    id -> creation time: the deployments of a user; some may no longer exist
/// goterra:ns:NAME           zset    the same of a namespace
/// goterra:ns:NAME:epoch     string  the namespace's epoch: a number that rises, '.', random
/// goterra:create:HASH       string  "fingerprint id epoch" of a creation, for 24 h; HASH is of its idempotency key
/// goterra:instances:2       zset    instance -> when it was last seen
/// goterra:ends              zset    id -> when to check for expiry; written before a creation or deletion
/// goterra:leases            zset    "id key" -> when to check for expiry; written before the lease is
/// {goterra:leases}:beat     string  "last since": when leases were last swept, and since when without interruption;
///                                   in the slot of goterra:leases
/// goterra:secret            string  check value of the secret
/// goterra:layout            string  2: the version of keys and channels
/// goterra:{id}:changes      channel "id key NAME" or "id all"
/// </code>
/// </summary>
internal sealed class RedisKeys(string prefix)
{
    /// <summary>All deployments.</summary>
    public RedisKey All { get; } = prefix + ":all";

    public RedisKey Ends { get; } = prefix + ":ends";

    public RedisKey Secret { get; } = prefix + ":secret";

    /// <summary>The version of keys and channels; it is in <see cref="Layout"/>.</summary>
    public const string LayoutVersion = "2";

    public RedisKey Layout { get; } = prefix + ":layout";

    /// <summary>The instances of version 0.1, which do not follow the channels of deployments.</summary>
    public RedisKey OldInstances { get; } = prefix + ":instances";

    public string Changes(DeploymentId id) => $"{prefix}:{{{id}}}:changes";

    public RedisKey Record(DeploymentId id) => $"{prefix}:{{{id}}}:record";

    /// <summary>A pattern for the records of all deployments.</summary>
    public string AnyRecord { get; } = $"{Literally(prefix)}:{{*}}:record";

    /// <summary>A pattern for the waits of all deployments at all instances.</summary>
    public string AnyWaiting { get; } = $"{Literally(prefix)}:{{*}}:waiting:*";

    /// <summary>A pattern for all data of a deployment.</summary>
    public string Anything(DeploymentId id) => $"{Literally(prefix)}:{{{id}}}:*";

    public RedisKey Lost(DeploymentId id) => $"{prefix}:{{{id}}}:lost";

    public RedisKey Names(DeploymentId id) => $"{prefix}:{{{id}}}:names";

    public RedisKey Index(DeploymentId id) => $"{prefix}:{{{id}}}:index";

    public RedisKey Value(DeploymentId id, string key) => $"{prefix}:{{{id}}}:value:{key}";

    /// <param name="hash">That of the idempotency key.</param>
    public RedisKey Creation(string hash) => $"{prefix}:create:{hash}";

    public RedisKey Leases { get; } = prefix + ":leases";

    public RedisKey Beat { get; } = $"{{{prefix}:leases}}:beat";

    public RedisKey Instances { get; } = prefix + ":instances:2";

    public RedisKey Events(DeploymentId id) => $"{prefix}:{{{id}}}:events";

    public RedisKey Failures(DeploymentId id) => $"{prefix}:{{{id}}}:failures";

    public RedisKey Switches(DeploymentId id) => $"{prefix}:{{{id}}}:switches";

    public RedisKey Waiting(DeploymentId id, string instance) => $"{prefix}:{{{id}}}:waiting:{instance}";

    public RedisKey EndedWaits(DeploymentId id) => $"{prefix}:{{{id}}}:ended";

    public RedisKey Security(DeploymentId id) => $"{prefix}:{{{id}}}:security";

    public RedisKey Tickets(DeploymentId id) => $"{prefix}:{{{id}}}:tickets";

    public RedisKey Misuse(DeploymentId id) => $"{prefix}:{{{id}}}:misuse";

    public RedisKey Tombstone(DeploymentId id) => $"{prefix}:{{{id}}}:grave";

    public RedisKey User(Owner owner) => $"{prefix}:user:{Hash($"{owner.Source}\n{owner.Uid}")}";

    public RedisKey Namespace(NamespaceName name) => $"{prefix}:ns:{name}";

    public RedisKey NamespaceEpoch(NamespaceName name) => $"{prefix}:ns:{name}:epoch";

    /// <param name="idempotencyKey">Null where the write has none; its script names the key all the same.</param>
    public RedisKey Replay(DeploymentId id, string? idempotencyKey) =>
        $"{prefix}:{{{id}}}:replay:{(idempotencyKey is null ? "none" : Hash(idempotencyKey))}";

    private static string Literally(string text) => string.Concat(text.Select(
        character => character is '*' or '?' or '[' or ']' or '\\' ? $"\\{character}" : character.ToString()));

    private static string Hash(string text) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..32];
}
