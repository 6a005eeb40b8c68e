using System.Text;
using Goterra.Core.Deployments;
using Goterra.Core.Model;
using Goterra.Infrastructure.Encryption;
using StackExchange.Redis;

namespace Goterra.Infrastructure.Redis;

/// <summary>
/// Creates deployments. The indexes and the idempotency key are in other slots than the deployment: they are written
/// first, and name a deployment that does not exist if this process crashes in between.
/// </summary>
internal sealed class RedisCreation(
    RedisConnection store, RedisKeys keys, ValueCipher cipher, RedisRemoval removal, RedisDeploymentIndex index,
    CreationFingerprint fingerprint)
{
    private const string Unknown = "unknown";

    // Keeps an instance whose clock is ahead from finding the entry in "ends" before the deployment exists.
    private static readonly TimeSpan CreationTime = TimeSpan.FromMinutes(1);

    public async Task<Deployment> CreateAsync(NewDeployment deployment, CancellationToken cancellationToken) =>
        await TryCreateAsync(deployment, cancellationToken)
            ?? throw new InvalidOperationException("The id of a new deployment is not new.");

    public async Task<CreationResult> CreateOnceAsync(
        NewDeployment deployment, CreationKey key, CancellationToken cancellationToken)
    {
        await store.VerifyAsync(cancellationToken);
        RedisKey[] names = [keys.Creation(CreationFingerprint.HashOf(key, deployment.Owner))];
        var claim = await store.EvaluateAsync(
            RedisScripts.Claim,
            names,
            [
                string.Concat(fingerprint.Of(deployment)), deployment.Id.ToString(), deployment.Epoch,
                deployment.IsRepetition ? "1" : "",
            ],
            cancellationToken);
        var status = (string?)claim[0];
        if (status is "reused" or "limit")
            return new CreationResult(
                status == "limit" ? OutcomeKind.OverLimit : OutcomeKind.IdempotencyKeyReused);

        // The first creation may be under way, or its instance may have crashed: the next request completes it.
        var named = deployment with { Id = DeploymentId.Parse((string)claim[1]!), Epoch = (string)claim[2]! };
        var mayBeMissing = status == "new"
            || (status == "claimed" && await StateAsync(named.Id, cancellationToken) == Unknown);
        var created = mayBeMissing ? await TryCreateAsync(named, cancellationToken) : null;
        if (status != "created")
            await store.EvaluateAsync(RedisScripts.Created, names, [], cancellationToken);
        if (created is not null)
            return new CreationResult(OutcomeKind.Done, named.Id, named.Epoch, created);
        return await StateAsync(named.Id, cancellationToken) == "lives"
            ? new CreationResult(OutcomeKind.Done, named.Id, named.Epoch)
            : new CreationResult(OutcomeKind.Gone);
    }

    private async Task<string> StateAsync(DeploymentId id, CancellationToken cancellationToken) =>
        (string)(await store.EvaluateAsync(
            RedisScripts.Ownership, [keys.Record(id), keys.Tombstone(id)], [], cancellationToken))[0]!;

    /// <returns>Null if the deployment exists, or has ended.</returns>
    private async Task<Deployment?> TryCreateAsync(NewDeployment deployment, CancellationToken cancellationToken)
    {
        var id = deployment.Id;
        await store.VerifyAsync(cancellationToken);
        if (deployment.Lifetime is { } lifetime)
            await removal.ScheduleCleanupAsync(
                id, lifetime > CreationTime ? lifetime : CreationTime, cancellationToken);
        await index.AddAsync(deployment, cancellationToken);

        var reply = await store.EvaluateAsync(
            RedisScripts.Create,
            [keys.Record(id), keys.Events(id), keys.Tombstone(id)],
            [
                RedisArguments.Milliseconds(deployment.Lifetime),
                "source", deployment.Owner.Source, "uid", deployment.Owner.Uid, "epoch", deployment.Epoch,
                "ns", deployment.Namespace?.Text ?? "", "nsepoch", deployment.NamespaceEpoch ?? "",
                "ends", deployment.EndsWithItsTokens ? "token" : "", "secret", cipher.SecretId,
                "name", deployment.Name is { } name
                    ? cipher.Seal(new Place(id, "name"), Encoding.UTF8.GetBytes(name))
                    : "",
            ],
            cancellationToken);
        if (reply.Length == 1)
            return null;

        var created = RedisReplies.Time(reply[0]);
        return new Deployment(
            id, deployment.Owner, deployment.Namespace, deployment.Name, created, created,
            RedisReplies.Expiry(reply[1]), Revision: 0);
    }
}
