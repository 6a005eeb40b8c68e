using System.Globalization;
using System.Text;
using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Goterra.Core.Model;
using Goterra.Core.Tokens;
using Goterra.Infrastructure.Encryption;

namespace Goterra.Infrastructure.Redis;

/// <summary>
/// Ownership of deployments, and issuing of tokens. One script per request. See <see cref="RedisKeys"/> for the layout.
/// </summary>
internal sealed class RedisAccessRepository(
    RedisConnection store, RedisKeys keys, ValueCipher cipher, AccessOptions options) : IAccessRepository
{
    private readonly RedisReplies _replies = new(cipher);

    public async Task<Ownership?> FindOwnershipAsync(DeploymentId id, CancellationToken cancellationToken)
    {
        var reply = await store.EvaluateAsync(
            RedisScripts.Ownership, [keys.Record(id), keys.Tombstone(id)], [], cancellationToken);
        return (string?)reply[0] is var state && state == "unknown"
            ? null
            : new Ownership(
                new Owner((string)reply[1]!, (string)reply[2]!),
                NamespaceName.TryParse((string?)reply[3], out var name) ? name : null,
                Lives: state == "lives",
                (string?)reply[4] is { Length: > 0 } epoch ? epoch : null);
    }

    public async Task<MintResult> MintAsync(MintRequest request, CancellationToken cancellationToken)
    {
        var id = request.Id;
        var reply = await store.EvaluateAsync(
            RedisScripts.Mint,
            [keys.Record(id), keys.Events(id), keys.Security(id), keys.Switches(id)],
            [
                RedisArguments.Proof(request.Epoch), RedisArguments.Milliseconds(request.Lifetime),
                RedisArguments.Milliseconds(request.RenewalWindow),
                RedisArguments.Milliseconds(request.CallerLeft), RedisArguments.Milliseconds(options.MaxRetention),
                request.NewEpoch ?? "",
                cipher.Seal(new Place(id, "security"), Encoding.UTF8.GetBytes(request.Note.ToText())),
                store.Publication(id), request.NewEpoch is null ? ChangeMessage.Events(id) : ChangeMessage.All(id),
            ],
            cancellationToken);
        return (string?)reply[0] switch
        {
            "done" => new MintResult(
                OutcomeKind.Done,
                (string)reply[1]!,
                TimeSpan.FromMilliseconds(long.Parse((string)reply[2]!, CultureInfo.InvariantCulture)),
                RedisReplies.Expiry(reply[3]))
            {
                Now = RedisReplies.Time(reply[4]),
            },
            "gone" => new MintResult(OutcomeKind.Gone),
            "revoked" => new MintResult(OutcomeKind.Revoked),
            "expired" => new MintResult(OutcomeKind.CredentialExpired),
            "closed" => new MintResult(OutcomeKind.RenewalOver),
            var other => throw new InvalidOperationException($"Unexpected reply '{other}' from the script 'mint'."),
        };
    }

    public async Task<IReadOnlyList<DeploymentEvent>> ListSecurityEventsAsync(
        DeploymentId id, CancellationToken cancellationToken)
    {
        var lines = await store.CallAsync(db => db.HashValuesAsync(keys.Security(id)), cancellationToken);
        return [.. lines.Select(line => _replies.Event(id, line!)).OrderByDescending(happened => happened.Number)];
    }
}
