using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Goterra.Core;
using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Goterra.Infrastructure.Encryption;

namespace Goterra.Infrastructure.Redis;

/// <summary>Tickets: one hash a deployment, known by the hash of their secrets, their terms sealed.</summary>
internal sealed class RedisTicketRepository(RedisConnection store, RedisKeys keys, ValueCipher cipher, AccessOptions options, Limits limits) : ITicketRepository
{
    public async Task<TicketMaking> MakeAsync(NewTicket ticket, CancellationToken cancellationToken)
    {
        var id = ticket.Id;
        var terms = JsonSerializer.SerializeToUtf8Bytes(StoredTerms.From(ticket.Terms), StoredTermsJson.Default.StoredTerms);
        var reply = await store.EvaluateAsync(
            RedisScripts.Ticket,
            [keys.Record(id), keys.Events(id), keys.Security(id), keys.Tickets(id)],
            [
                RedisArguments.Proof(ticket.Epoch), ticket.Hash, RedisArguments.Milliseconds(ticket.Lifetime), RedisArguments.Milliseconds(ticket.Window),
                RedisArguments.Milliseconds(ticket.CallerLeft), limits.Tickets, cipher.Seal(new Place(id, "ticket", ticket.Hash), terms), Sealed(id, ticket.Note),
                keys.Changes.ToString(), ChangeMessage.Events(id),
            ],
            cancellationToken);
        return (string?)reply[0] switch
        {
            "done" => new TicketMaking(TicketStatus.Done, RedisReplies.Expiry(reply[1])),
            "gone" => new TicketMaking(TicketStatus.Gone),
            "revoked" => new TicketMaking(TicketStatus.Revoked),
            "closed" => new TicketMaking(TicketStatus.Closed),
            "tickets" => new TicketMaking(TicketStatus.TooMany),
            var other => throw new InvalidOperationException($"The store answered '{other}' to the making of a ticket."),
        };
    }

    public async Task<TicketTerms?> FindAsync(DeploymentId id, string hash, CancellationToken cancellationToken)
    {
        byte[]? ticket = await store.CallAsync(db => db.HashGetAsync(keys.Tickets(id), hash), cancellationToken);
        if (ticket is null)
            return null;

        var terms = cipher.Open(new Place(id, "ticket", hash), ticket.AsSpan(Array.IndexOf(ticket, (byte)'\n') + 1));
        return JsonSerializer.Deserialize(terms, StoredTermsJson.Default.StoredTerms)!.ToTerms();
    }

    public async Task<Redemption?> RedeemAsync(TicketUse use, CancellationToken cancellationToken)
    {
        var id = use.Id;
        var reply = await store.EvaluateAsync(
            RedisScripts.Redeem,
            [keys.Record(id), keys.Events(id), keys.Security(id), keys.Tickets(id), keys.Misuse(id)],
            [
                use.Hash, use.Machine, use.Note.Address, RedisArguments.Milliseconds(use.Lifetime), RedisArguments.Milliseconds(options.LongestRetention),
                Sealed(id, use.Note), keys.Changes.ToString(), ChangeMessage.Events(id),
            ],
            cancellationToken);
        return (string?)reply[0] == "done"
            ? new Redemption(new EpochProof((string)reply[1]!, (string?)reply[2] is "*" ? null : (string?)reply[2]), RedisReplies.Expiry(reply[3]))
            : null;
    }

    private byte[] Sealed(DeploymentId id, SecurityNote note) => cipher.Seal(new Place(id, "security"), Encoding.UTF8.GetBytes(note.ToText()));
}

/// <summary>The terms of a ticket, as they are sealed.</summary>
/// <param name="Read">Null with full scope.</param>
internal sealed record StoredTerms(string Name, string Uid, string[]? Read, string[]? Write, bool Fail, long? Until)
{
    public static StoredTerms From(TicketTerms terms)
    {
        var narrow = terms.Scope as NarrowScope;
        return new StoredTerms(
            terms.Name,
            terms.Uid,
            narrow is null ? null : [.. narrow.Read.Select(pattern => pattern.Text)],
            narrow is null ? null : [.. narrow.Write.Select(pattern => pattern.Text)],
            terms.Scope.Fails,
            terms.Until?.ToUnixTimeSeconds());
    }

    // Sealed by this software: what is missing in it is damage, and refused by the parser.
    public TicketTerms ToTerms() => new(
        Name,
        Uid,
        Read is null && Write is null ? Scope.Full : new NarrowScope(Patterns(Read ?? []), Patterns(Write ?? []), Fail),
        Until is { } until ? DateTimeOffset.FromUnixTimeSeconds(until) : null);

    private static IReadOnlyList<KeyPattern> Patterns(string[] texts) =>
        [.. texts.Select(text => KeyPattern.TryParse(text, out var pattern, out _) ? pattern : throw new InvalidOperationException("A ticket's pattern is malformed."))];
}

[JsonSerializable(typeof(StoredTerms))]
internal sealed partial class StoredTermsJson : JsonSerializerContext;
