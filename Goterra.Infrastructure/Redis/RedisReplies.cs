using System.Globalization;
using System.Text;
using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Goterra.Core.Model;
using Goterra.Infrastructure.Encryption;
using StackExchange.Redis;

namespace Goterra.Infrastructure.Redis;

/// <summary>Parses script replies and stored values; see <see cref="RedisKeys"/> for the formats.</summary>
internal sealed class RedisReplies(ValueCipher cipher)
{
    /// <summary>How many parts of a reply are the head.</summary>
    public const int HeadLength = 5;

    public static Outcome Outcome(RedisResult[] reply) => (string?)reply[0] switch
    {
        "done" =>
            new Outcome(
                OutcomeKind.Done,
                reply.Length > 2 ? Tag(reply) : null,
                reply.Length > 1 ? (long)reply[1] : 0,
                reply.Length > 3 ? Expiry(reply[3]) : null),
        "leased" => new Outcome(OutcomeKind.Leased, Expires: Expiry(reply[1])),
        "fence" => new Outcome(OutcomeKind.FenceLost),
        "gone" => new Outcome(OutcomeKind.Gone),
        "revoked" => new Outcome(OutcomeKind.Revoked),
        "expired" => new Outcome(OutcomeKind.CredentialExpired),
        "absent" => new Outcome(OutcomeKind.Absent),
        "reporter" => new Outcome(OutcomeKind.NotReporter),
        "failures" => new Outcome(OutcomeKind.OverLimit),
        "reused" => new Outcome(OutcomeKind.IdempotencyKeyReused),
        "condition" => new Outcome(OutcomeKind.ConditionFailed, reply.Length > 2 ? Tag(reply) : null),
        "keys" => new Outcome(OutcomeKind.TooManyKeys),
        "bytes" => new Outcome(OutcomeKind.TooManyBytes),
        var other => throw new InvalidOperationException($"The store answered '{other}' to a write."),
    };

    // A removal has a revision, but leaves nothing that a tag could name.
    private static EntityTag? Tag(RedisResult[] reply) =>
        (string?)reply[2] is { Length: > 0 } mark ? new EntityTag((long)reply[1], mark) : null;

    public DeploymentHead? Head(DeploymentId id, RedisResult[] reply) => reply.Length == 1
        ? null
        : Head(id, ((string)reply[0]!).Split(' '), reply);

    private DeploymentHead Head(DeploymentId id, string[] epochs, RedisResult[] reply) => new(
        epochs[0],
        (string?)reply[1] is { Length: > 0 } left
            ? TimeSpan.FromMilliseconds(long.Parse(left, CultureInfo.InvariantCulture))
            : null,
        (long)reply[2],
        (string?)reply[3] == "failed",
        (byte[]?)reply[4] is { Length: > 0 } failure ? () => StoredFailure.Open(cipher, id, failure) : null)
    {
        NamespaceEpoch = epochs[1].Length > 0 ? epochs[1] : null,
        RevokedTickets = epochs[2],
        Now = DateTimeOffset.FromUnixTimeMilliseconds(long.Parse(epochs[3], CultureInfo.InvariantCulture)),
    };

    private string Open(DeploymentId id, string field, byte[] sealedText) =>
        Encoding.UTF8.GetString(cipher.Open(new Place(id, field), sealedText));

    public DeploymentEvent Event(DeploymentId id, byte[] line)
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
        var failure = type is EventType.Failed or EventType.Resumed && what.Length > 0
            ? StoredFailure.Open(cipher, id, what)
            : null;
        string? key = null, writer = null;
        if (type is EventType.Put or EventType.Deleted or EventType.Expired)
        {
            var lines = Encoding.UTF8.GetString(what).Split('\n');
            (key, writer) = (lines[0], lines.ElementAtOrDefault(1));
        }

        return new DeploymentEvent(
            long.Parse(parts[0], CultureInfo.InvariantCulture),
            type,
            DateTimeOffset.FromUnixTimeMilliseconds(long.Parse(parts[1], CultureInfo.InvariantCulture)),
            long.Parse(parts[2], CultureInfo.InvariantCulture),
            key,
            type is EventType.Failed ? failure?.Reason : null)
        {
            Source = failure?.Source,
            Writer = writer is null ? null : SealedWriter.Open(cipher, id, key!, Convert.FromBase64String(writer)),
            Note = type.IsSecurity() ? SecurityNote.Parse(Open(id, "security", what)) : null,
        };
    }

    /// <param name="record">The fields of the record in the order of list.lua.</param>
    public Deployment Deployment(DeploymentId id, DeploymentHead head, RedisValue[] record) => new(
        id,
        new Owner(record[0]!, record[1]!),
        NamespaceName.TryParse(record[2], out var name) ? name : null,
        record[3].IsNullOrEmpty ? null : Open(id, "name", record[3]!),
        Time(record[4]),
        Time(record[5]),
        Expiry(record[6]),
        (long)record[7])
    {
        FailedBecause = head.Failed ? head.Failure?.Reason ?? "" : null,
    };

    /// <returns>The oldest first.</returns>
    public IReadOnlyList<DeploymentFailure> Failures(DeploymentId id, RedisResult entries) =>
        (byte[][])entries! is { Length: > 0 } stored
            ?
            [
                .. stored.Select(entry => Failure(id, entry))
                    .OrderBy(failure => failure.Event).Select(failure => failure.Failure),
            ]
            : [];

    private (long Event, DeploymentFailure Failure) Failure(DeploymentId id, byte[] entry)
    {
        var end = Array.IndexOf(entry, (byte)'\n');
        var facts = Encoding.ASCII.GetString(entry, 0, end).Split(' ');
        var note = StoredFailure.Open(cipher, id, entry.AsSpan(end + 1));
        var since = DateTimeOffset.FromUnixTimeMilliseconds(long.Parse(facts[1], CultureInfo.InvariantCulture));
        return (
            long.Parse(facts[0], CultureInfo.InvariantCulture),
            new DeploymentFailure(note.Source, note.Reason, since, Lapsed: facts[3] == "lapsed"));
    }

    /// <param name="reply">Of list.lua.</param>
    public IReadOnlyList<KeyInfo> Keys(DeploymentId id, RedisResult[] reply)
    {
        var now = Time(reply[8]);
        var switches = ((string[])reply[10]!).ToHashSet();
        return
        [
            // A name without facts has no value.
            .. ((RedisValue[])reply[6]!).Zip((RedisValue[])reply[7]!)
                .Where(pair => pair.Second.HasValue)
                .Select(pair => Info(id, pair.First!, pair.Second!))
                .Where(key => !(key.Expires <= now))
                .Select(key => switches.Contains(key.Key) ? key with { FailsOnLapse = true } : key),
        ];
    }

    public StoredValue? Value(DeploymentId id, string key, byte[]? blob)
    {
        if (blob is null)
            return null;

        var end = Array.IndexOf(blob, (byte)'\n');
        var facts = Facts(Encoding.ASCII.GetString(blob, 2, end - 2));
        return new StoredValue(
            cipher.OpenValue(id, key, facts.Tag.Nonce, blob.AsSpan(end + 1)),
            facts.Tag)
        { Expires = facts.Expires };
    }

    private KeyInfo Info(DeploymentId id, string key, string facts)
    {
        var writer = facts.Split(' ').ElementAtOrDefault(5);
        return Facts(facts) with
        {
            Key = key,
            OpenWriter = writer is null
                ? null
                : () => SealedWriter.Open(cipher, id, key, Convert.FromBase64String(writer)),
        };
    }

    private static KeyInfo Facts(string facts)
    {
        var parts = facts.Split(' ');
        return new KeyInfo(
            "",
            long.Parse(parts[2], CultureInfo.InvariantCulture),
            new EntityTag(long.Parse(parts[0], CultureInfo.InvariantCulture), parts[1]),
            DateTimeOffset.FromUnixTimeMilliseconds(long.Parse(parts[3], CultureInfo.InvariantCulture)))
        {
            Expires = Expiry(parts[4]),
        };
    }

    /// <summary>0 is never.</summary>
    public static DateTimeOffset? Expiry(RedisValue milliseconds) =>
        (long)milliseconds == 0 ? null : Time(milliseconds);

    public static DateTimeOffset? Expiry(RedisResult milliseconds) => Expiry((RedisValue)milliseconds);

    public static DateTimeOffset Time(RedisResult milliseconds) =>
        DateTimeOffset.FromUnixTimeMilliseconds((long)milliseconds);

    public static DateTimeOffset Time(RedisValue milliseconds) =>
        DateTimeOffset.FromUnixTimeMilliseconds((long)milliseconds);
}
