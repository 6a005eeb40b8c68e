using System.Security.Cryptography;
using Goterra.Core.Deployments;
using Goterra.Core.Model;
using Goterra.Core.Tokens;
using StackExchange.Redis;

namespace Goterra.Infrastructure.Redis;

/// <summary>
/// The epochs of namespaces: <c>NUMBER.RANDOM</c>, under a key of the namespace's own, with copies in the records of
/// its deployments.
/// </summary>
internal sealed class RedisNamespaceRepository(RedisConnection store, RedisKeys keys) : INamespaceRepository
{
    private const int CopiesAtOnce = 64;

    public async Task<string?> FindEpochAsync(NamespaceName name, CancellationToken cancellationToken) =>
        await store.CallAsync(db => db.StringGetAsync(keys.NamespaceEpoch(name)), cancellationToken);

    public async Task<string> GetOrCreateEpochAsync(NamespaceName name, CancellationToken cancellationToken)
    {
        if (await FindEpochAsync(name, cancellationToken) is { } known)
            return known;

        // The epoch comes before the first deployment of the namespace.
        if (await store.CallAsync(db => db.SortedSetLengthAsync(keys.Namespace(name)), cancellationToken) > 0)
            return await FindEpochAsync(name, cancellationToken) ?? throw new NamespaceEpochLostException(name);

        await store.CallAsync(
            db => db.StringSetAsync(keys.NamespaceEpoch(name), "1." + Random(), when: When.NotExists),
            cancellationToken);
        return await FindEpochAsync(name, cancellationToken) ?? throw new StoreUnavailableException(
            "The store lost a write.");
    }

    public async Task<string> RevokeAsync(NamespaceName name, CancellationToken cancellationToken)
    {
        var reply = await store.EvaluateAsync(
            RedisScripts.NamespaceRevoke, [keys.NamespaceEpoch(name)], [Random()], cancellationToken);
        var epoch = (string)reply[1]!;

        // From here on its tokens are refused at the door. The copies end what is inside already.
        var members = await store.CallAsync(
            db => db.SortedSetRangeByRankAsync(keys.Namespace(name)), cancellationToken);
        foreach (var some in members.Chunk(CopiesAtOnce))
            await Task.WhenAll(
                some.Select(
                    member => PropagateEpochAsync(name, epoch, DeploymentId.Parse(member!), cancellationToken)));
        return epoch;
    }

    public Task PropagateEpochAsync(
        NamespaceName name, string epoch, DeploymentId deployment, CancellationToken cancellationToken) =>
        store.EvaluateAsync(
            RedisScripts.NamespaceEpoch,
            [keys.Record(deployment)],
            [name.Text, epoch, store.Publication(deployment), ChangeMessage.All(deployment)],
            cancellationToken);

    private static string Random() => RandomNumberGenerator.GetHexString(32, lowercase: true);
}
