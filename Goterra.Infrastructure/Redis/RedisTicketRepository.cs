using System.Text;
using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Goterra.Core.Model;
using Goterra.Core.Tokens;
using Goterra.Infrastructure.Encryption;
using StackExchange.Redis;

namespace Goterra.Infrastructure.Redis;

/// <summary>Tickets: one hash a deployment, known by the hash of their secrets, their terms sealed.</summary>
internal sealed class RedisTicketRepository(
    RedisConnection store, RedisKeys keys, ValueCipher cipher, AccessOptions options, Limits limits) : ITicketRepository
{
    private readonly RedisReplies _replies = new(cipher);

    public async Task<TicketResult> CreateAsync(NewTicket ticket, CancellationToken cancellationToken)
    {
        var id = ticket.Id;
        var reply = await store.EvaluateAsync(
            RedisScripts.Ticket,
            [keys.Record(id), keys.Events(id), keys.Security(id), keys.Tickets(id)],
            [
                RedisArguments.Proof(ticket.Epoch), ticket.Hash, RedisArguments.Milliseconds(ticket.Lifetime),
                RedisArguments.Milliseconds(ticket.RenewalWindow),
                RedisArguments.Milliseconds(ticket.CallerLeft), limits.Tickets,
                StoredTerms.Seal(cipher, id, ticket.Hash, ticket.Terms), Sealed(id, ticket.Note),
                store.Publication(id), ChangeMessage.Events(id), ticket.Ticket,
            ],
            cancellationToken);
        return (string?)reply[0] switch
        {
            "done" => new TicketResult(OutcomeKind.Done, RedisReplies.Expiry(reply[1])),
            "gone" => new TicketResult(OutcomeKind.Gone),
            "revoked" => new TicketResult(OutcomeKind.Revoked),
            "expired" => new TicketResult(OutcomeKind.CredentialExpired),
            "closed" => new TicketResult(OutcomeKind.RenewalOver),
            "tickets" => new TicketResult(OutcomeKind.OverLimit),
            var other => throw new InvalidOperationException($"Unexpected reply '{other}' from the script 'ticket'."),
        };
    }

    public async Task<TicketTerms?> FindAsync(DeploymentId id, string hash, CancellationToken cancellationToken)
    {
        byte[]? ticket = await store.CallAsync(db => db.HashGetAsync(keys.Tickets(id), hash), cancellationToken);
        return ticket is null
            ? null
            : StoredTerms.Open(cipher, id, hash, ticket.AsSpan(Array.IndexOf(ticket, (byte)'\n') + 1));
    }

    public async Task<Redemption?> RedeemAsync(TicketUse use, CancellationToken cancellationToken)
    {
        var id = use.Id;
        var reply = await store.EvaluateAsync(
            RedisScripts.Redeem,
            [keys.Record(id), keys.Events(id), keys.Security(id), keys.Tickets(id), keys.Misuse(id)],
            [
                use.Hash, use.Machine, use.Note.Address, RedisArguments.Milliseconds(use.Lifetime),
                RedisArguments.Milliseconds(options.MaxRetention),
                Sealed(id, use.Note), store.Publication(id), ChangeMessage.Events(id),
                Convert.ToBase64String(StoredTerms.SealClient(cipher, use)),
            ],
            cancellationToken);
        return (string?)reply[0] == "done"
            ? new Redemption(
                new EpochProof((string)reply[1]!, Optional(reply[2]), Optional(reply[4])),
                RedisReplies.Expiry(reply[3]))
            {
                Now = RedisReplies.Time(reply[5]),
            }
            : null;
    }

    public async Task<TicketListing> ListAsync(DeploymentId id, CancellationToken cancellationToken)
    {
        var reply = await store.EvaluateAsync(
            RedisScripts.Tickets, [keys.Record(id), keys.Tickets(id), keys.Misuse(id)], [], cancellationToken);
        if (_replies.Head(id, reply) is not { } head)
            return new TicketListing(null, []);

        var stored = (RedisValue[])reply[5]!;
        var misuses = ((string[])reply[6]!).CountBy(misuse => misuse[..misuse.IndexOf(' ')]).ToDictionary();
        return new TicketListing(
            head,
            [
                .. stored.Chunk(2)
                    .Select(pair => Info(id, head, pair[0]!, pair[1]!, misuses))
                    .OfType<TicketInfo>()
                    .OrderBy(ticket => ticket.Made)
                    .ThenBy(ticket => ticket.Ticket, StringComparer.Ordinal),
            ]);
    }

    public async Task<OutcomeKind> RevokeAsync(TicketRevocation revocation, CancellationToken cancellationToken)
    {
        var id = revocation.Id;
        var reply = await store.EvaluateAsync(
            RedisScripts.RevokeTicket,
            [keys.Record(id), keys.Events(id), keys.Security(id), keys.Tickets(id), keys.Switches(id)],
            [
                RedisArguments.Proof(revocation.Epoch), revocation.Ticket, ITicketRepository.MaxRevoked,
                Sealed(id, revocation.Note), store.Publication(id), ChangeMessage.Events(id), ChangeMessage.All(id),
            ],
            cancellationToken);
        return (string?)reply[0] == "tickets" ? OutcomeKind.OverLimit : RedisReplies.Outcome(reply).Kind;
    }

    /// <returns>Null for a ticket that was revoked with all others, or is of version 0.1.</returns>
    private TicketInfo? Info(
        DeploymentId id, DeploymentHead head, string hash, byte[] ticket, Dictionary<string, int> misuses)
    {
        var end = Array.IndexOf(ticket, (byte)'\n');
        if (Encoding.ASCII.GetString(ticket, 0, end).Split(' ') is not
            [var expires, var epoch, var nsEpoch, _, var name, _, var made, var redeemed, var client]
            || epoch != head.Epoch || (nsEpoch != "*" && nsEpoch != head.NamespaceEpoch))
            return null;

        return new TicketInfo(
            name,
            StoredTerms.Open(cipher, id, hash, ticket.AsSpan(end + 1)),
            RedisReplies.Time((RedisValue)made),
            RedisReplies.Time((RedisValue)expires),
            client == "-"
                ? null
                : new TicketRedemption(
                    StoredTerms.OpenClient(cipher, id, hash, Convert.FromBase64String(client)),
                    RedisReplies.Time((RedisValue)redeemed)),
            misuses.GetValueOrDefault(hash));
    }

    private static string? Optional(RedisResult text) => (string?)text is "*" ? null : (string?)text;

    private byte[] Sealed(DeploymentId id, SecurityNote note) =>
        cipher.Seal(new Place(id, "security"), Encoding.UTF8.GetBytes(note.ToText()));
}
