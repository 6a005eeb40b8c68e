using System.Globalization;
using System.Text;
using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Goterra.Infrastructure.Encryption;
using StackExchange.Redis;

namespace Goterra.Infrastructure.Redis;

/// <summary>Whose a deployment is, and the making of tokens; one script a request. See <see cref="RedisKeys"/> for the layout.</summary>
internal sealed class RedisAccessRepository(RedisConnection store, RedisKeys keys, ValueCipher cipher, AccessOptions options) : IAccessRepository
{
    private readonly RedisReplies _replies = new(cipher);

    public async Task<Ownership?> OwnershipAsync(DeploymentId id, CancellationToken cancellationToken)
    {
        var reply = await store.EvaluateAsync(RedisScripts.Ownership, [keys.Record(id), keys.Tombstone(id)], [], cancellationToken);
        return (string?)reply[0] is var state && state == "unknown"
            ? null
            : new Ownership(
                new Owner((string)reply[1]!, (string)reply[2]!),
                NamespaceName.TryParse((string?)reply[3], out var name) ? name : null,
                Lives: state == "lives",
                (string?)reply[4] is { Length: > 0 } epoch ? epoch : null);
    }

    public async Task<Minting> MintAsync(MintRequest request, CancellationToken cancellationToken)
    {
        var id = request.Id;
        var reply = await store.EvaluateAsync(
            RedisScripts.Mint,
            [keys.Record(id), keys.Events(id), keys.Security(id)],
            [
                RedisArguments.Proof(request.Epoch), RedisArguments.Milliseconds(request.Lifetime), RedisArguments.Milliseconds(request.Window),
                RedisArguments.Milliseconds(request.CallerLeft), RedisArguments.Milliseconds(options.LongestRetention), request.NewEpoch ?? "",
                cipher.Seal(new Place(id, "security"), Encoding.UTF8.GetBytes(request.Note.ToText())),
                keys.Changes.ToString(), request.NewEpoch is null ? ChangeMessage.Events(id) : ChangeMessage.All(id),
            ],
            cancellationToken);
        return (string?)reply[0] switch
        {
            "done" => new Minting(
                MintStatus.Done,
                (string)reply[1]!,
                TimeSpan.FromMilliseconds(long.Parse((string)reply[2]!, CultureInfo.InvariantCulture)),
                RedisReplies.Expiry(reply[3])),
            "gone" => new Minting(MintStatus.Gone),
            "revoked" => new Minting(MintStatus.Revoked),
            "closed" => new Minting(MintStatus.Closed),
            var other => throw new InvalidOperationException($"The store answered '{other}' to the making of a token."),
        };
    }

    public async Task<IReadOnlyList<DeploymentEvent>> SecurityEventsAsync(DeploymentId id, CancellationToken cancellationToken)
    {
        var lines = await store.CallAsync(db => db.HashValuesAsync(keys.Security(id)), cancellationToken);
        return [.. lines.Select(line => _replies.Event(id, line!)).OrderByDescending(happened => happened.Number)];
    }
}
