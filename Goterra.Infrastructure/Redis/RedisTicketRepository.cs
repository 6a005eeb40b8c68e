using System.Text;
using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Goterra.Core.Model;
using Goterra.Core.Tokens;
using Goterra.Infrastructure.Encryption;

namespace Goterra.Infrastructure.Redis;

/// <summary>Tickets: one hash a deployment, known by the hash of their secrets, their terms sealed.</summary>
internal sealed class RedisTicketRepository(
    RedisConnection store, RedisKeys keys, ValueCipher cipher, AccessOptions options, Limits limits) : ITicketRepository
{
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
                store.Publication(id), ChangeMessage.Events(id),
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
            var other =>
                throw new InvalidOperationException($"The store answered '{other}' to the making of a ticket."),
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
            ],
            cancellationToken);
        return (string?)reply[0] == "done"
            ? new Redemption(
                new EpochProof((string)reply[1]!, (string?)reply[2] is "*" ? null : (string?)reply[2]),
                RedisReplies.Expiry(reply[3]))
            {
                Now = RedisReplies.Time(reply[4]),
            }
            : null;
    }

    private byte[] Sealed(DeploymentId id, SecurityNote note) =>
        cipher.Seal(new Place(id, "security"), Encoding.UTF8.GetBytes(note.ToText()));
}
