using Goterra.Core.Deployments;
using Goterra.Core.Model;
using Goterra.Infrastructure.Encryption;
using StackExchange.Redis;

namespace Goterra.Infrastructure.Redis;

/// <summary>
/// All deployments, and those by user and by namespace. An entry is written before its deployment is made and removed
/// after its end, so one may name a deployment that does not live: readers leave it out, and remove it where it is too
/// old to be one that is just being made.
/// </summary>
internal sealed class RedisDeploymentIndex(
    RedisConnection store, RedisKeys keys, ValueCipher cipher, TimeProvider time) : IDeploymentIndex
{
    private static readonly TimeSpan BeingMade = TimeSpan.FromMinutes(1);

    private readonly RedisReplies _replies = new(cipher);

    public async Task AddAsync(NewDeployment deployment, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        await Task.WhenAll(IndexesOf(deployment.Owner, deployment.Namespace).Select(index => store.CallAsync(
            db => db.SortedSetAddAsync(index, deployment.Id.ToString(), now), cancellationToken)));
    }

    public async Task RemoveAsync(
        DeploymentId id, Owner owner, NamespaceName? name, CancellationToken cancellationToken)
    {
        await Task.WhenAll(IndexesOf(owner, name).Select(index => store.CallAsync(
            db => db.SortedSetRemoveAsync(index, id.ToString()), cancellationToken)));
    }

    public Task<DeploymentPage> ListByOwnerAsync(Owner owner, PageRequest page, CancellationToken cancellationToken) =>
        OfAsync(keys.User(owner), page, cancellationToken);

    public Task<DeploymentPage> ListByNamespaceAsync(
        NamespaceName name, PageRequest page, CancellationToken cancellationToken) =>
        OfAsync(keys.Namespace(name), page, cancellationToken);

    public Task<DeploymentPage> ListAllAsync(PageRequest page, CancellationToken cancellationToken) =>
        OfAsync(keys.All, page, cancellationToken);

    public async Task<long> CountByOwnerAsync(Owner owner, int max, CancellationToken cancellationToken) => Math.Min(
        max, await store.CallAsync(db => db.SortedSetLengthAsync(keys.User(owner)), cancellationToken));

    public Task<StoreTotals> SumAsync(CancellationToken cancellationToken) =>
        Task.FromResult(new StoreTotals(Active: null, Failed: null, Bytes: null));

    private async Task<DeploymentPage> OfAsync(RedisKey index, PageRequest page, CancellationToken cancellationToken)
    {
        var entries = await EntriesAsync(index, page.After, page.Limit + 1, cancellationToken);
        var shown = entries.Take(page.Limit)
            .Select(entry => (Id: DeploymentId.Parse(entry.Element!), Made: (long)entry.Score))
            .ToList();
        var summaries = await Task.WhenAll(shown.Select(entry => SummaryAsync(entry.Id, cancellationToken)));
        var over = shown.Zip(summaries)
            .Where(pair => pair.Second is null && IsOld(pair.First.Made))
            .Select(pair => (RedisValue)pair.First.Id.ToString())
            .ToArray();
        if (over.Length > 0)
            await store.CallAsync(db => db.SortedSetRemoveAsync(index, over), cancellationToken);

        return new DeploymentPage(
            [.. summaries.OfType<DeploymentSummary>()],
            entries.Count > page.Limit ? new PageCursor(shown[^1].Made, shown[^1].Id) : null);
    }

    // Not by rank: entries before the cursor, and the one that it names, may be removed between two pages.
    private async Task<List<SortedSetEntry>> EntriesAsync(
        RedisKey index, PageCursor? after, int count, CancellationToken cancellationToken)
    {
        if (after is null)
        {
            return
            [
                .. await store.CallAsync(
                    db => db.SortedSetRangeByScoreWithScoresAsync(index, order: Order.Descending, take: count),
                    cancellationToken),
            ];
        }

        var id = after.Id.ToString();
        var ofTheSameTime = await store.CallAsync(
            db => db.SortedSetRangeByScoreWithScoresAsync(
                index, after.Created, after.Created, order: Order.Descending), cancellationToken);
        var older = await store.CallAsync(
            db => db.SortedSetRangeByScoreWithScoresAsync(
                index,
                stop: after.Created,
                exclude: Exclude.Stop,
                order: Order.Descending,
                take: count), cancellationToken);
        return [.. ofTheSameTime.Where(entry => string.CompareOrdinal(entry.Element, id) < 0), .. older];
    }

    private async Task<DeploymentSummary?> SummaryAsync(DeploymentId id, CancellationToken cancellationToken)
    {
        var reply = await store.EvaluateAsync(
            RedisScripts.Summary, [keys.Record(id), keys.Names(id)], [], cancellationToken);
        return _replies.Head(id, reply) is { } head
            ? new DeploymentSummary(_replies.Deployment(id, head, (RedisValue[])reply[5]!), (long)reply[6])
            : null;
    }

    private bool IsOld(long made) => time.GetUtcNow() - DateTimeOffset.FromUnixTimeMilliseconds(made) > BeingMade;

    // Anonymous deployments have no owner who could list them.
    private IEnumerable<RedisKey> IndexesOf(Owner owner, NamespaceName? name)
    {
        yield return keys.All;
        if (owner != Owner.Anonymous)
            yield return keys.User(owner);
        if (name is not null)
            yield return keys.Namespace(name);
    }
}
