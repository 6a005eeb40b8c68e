using System.Text;
using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Goterra.Core.Model;
using Microsoft.Extensions.DependencyInjection;

namespace Goterra.Tests.Contract;

/// <summary>Conditions, limits and races of writes.</summary>
public sealed partial class RepositoryContractTests
{
    [Theory, ClassData(typeof(EveryStoreData))]
    public async Task PutAsync_EachWrite_RaisesTheRevision(StoreKind kind)
    {
        var (repository, id) = await CreateAsync(kind);

        var revisions = new[]
        {
            (await PutAsync(repository, id, "a", "1")).Revision,
            (await PutAsync(repository, id, "a", "2")).Revision,
            (await repository.RemoveAsync(Write(id, "a"), None)).Revision,
            (await PutAsync(repository, id, "b", "3")).Revision,
        };

        Assert.Equal([1, 2, 3, 4], revisions);
        Assert.Equal(4, (await repository.ListAsync(id, KeyPrefix.All, None))!.Deployment.Revision);
    }

    [Theory, ClassData(typeof(EveryStoreData))]
    public async Task RemoveAsync_AbsentKey_IsAbsent(StoreKind kind)
    {
        var (repository, id) = await CreateAsync(kind);
        await PutAsync(repository, id, "a", "1");

        Assert.Equal(OutcomeKind.Done, (await repository.RemoveAsync(Write(id, "a"), None)).Kind);
        Assert.Equal(OutcomeKind.Absent, (await repository.RemoveAsync(Write(id, "a"), None)).Kind);
        Assert.Null((await repository.ReadAsync(id, Key("a"), None)).Value);
        Assert.Empty((await repository.ListAsync(id, KeyPrefix.All, None))!.Keys);
    }

    [Theory, ClassData(typeof(EveryStoreData))]
    public async Task PutAsync_WrongEpoch_IsRevokedAndChangesNothing(StoreKind kind)
    {
        var (repository, id) = await CreateAsync(kind);
        await PutAsync(repository, id, "a", "1");
        var foreign = Write(id, "a") with { Epoch = new EpochProof("e2") };

        Assert.Equal(OutcomeKind.Revoked, (await repository.PutAsync(foreign, "2"u8.ToArray(), None)).Kind);
        Assert.Equal(OutcomeKind.Revoked, (await repository.RemoveAsync(foreign, None)).Kind);
        Assert.Equal(OutcomeKind.Revoked, await repository.DeleteAsync(id, new EpochProof("e2"), None));
        Assert.Equal("1", Encoding.UTF8.GetString((await repository.ReadAsync(id, Key("a"), None)).Value!.Bytes.Span));
    }

    [Theory, ClassData(typeof(EveryStoreData))]
    public async Task PutAsync_TagCondition_OnlyMatchingTagSucceeds(StoreKind kind)
    {
        var (repository, id) = await CreateAsync(kind);
        var first = await PutAsync(repository, id, "a", "1", WriteCondition.Absent);
        var again = await PutAsync(repository, id, "a", "2", WriteCondition.Absent);
        var stale = await PutAsync(repository, id, "a", "2", WriteCondition.Matches(["1.0000000000000000"]));
        var match = await PutAsync(repository, id, "a", "2", WriteCondition.Matches(["x y", first.Tag.ToString()!]));
        var exists = await PutAsync(repository, id, "a", "3", WriteCondition.Exists);
        var missing = await PutAsync(repository, id, "b", "1", WriteCondition.Exists);

        Assert.Equal(OutcomeKind.Done, first.Kind);
        Assert.Equal((OutcomeKind.ConditionFailed, first.Tag), (again.Kind, again.Tag));
        Assert.Equal(OutcomeKind.ConditionFailed, stale.Kind);
        Assert.Equal(OutcomeKind.Done, match.Kind);
        Assert.Equal(OutcomeKind.Done, exists.Kind);
        Assert.Equal((OutcomeKind.ConditionFailed, null), (missing.Kind, missing.Tag));
    }

    [Theory, ClassData(typeof(EveryStoreData))]
    public async Task PutAsync_SameConditionalWriteAgain_ReturnsFirstResult(StoreKind kind)
    {
        var (repository, id) = await CreateAsync(kind);
        var write = Write(id, "lock") with { Condition = WriteCondition.Absent, IdempotencyKey = "try-1" };

        var first = await repository.PutAsync(write, "me"u8.ToArray(), None);
        var replay = await repository.PutAsync(write, "me"u8.ToArray(), None);
        var other = await repository.PutAsync(write with { IdempotencyKey = "try-2" }, "you"u8.ToArray(), None);
        var remove = write with
        {
            Condition = WriteCondition.Matches(
            [first.Tag.ToString()!]),
            IdempotencyKey = "try-3"
        };
        var removed = await repository.RemoveAsync(remove, None);
        var removedAgain = await repository.RemoveAsync(remove, None);

        Assert.Equal(first, replay);
        Assert.Equal(OutcomeKind.ConditionFailed, other.Kind);
        Assert.Equal(OutcomeKind.Done, removed.Kind);
        Assert.Equal(removed, removedAgain);
        Assert.Equal(2, (await repository.ListAsync(id, KeyPrefix.All, None))!.Deployment.Revision);
    }

    [Theory, ClassData(typeof(EveryStoreData))]
    public async Task PutAsync_OverLimits_IsRefusedUntilSpaceIsFreed(StoreKind kind)
    {
        var (repository, id) = await CreateAsync(kind);
        for (var i = 0; i < 50; i++)
            await PutAsync(repository, id, $"k{i}", "");

        Assert.Equal(OutcomeKind.TooManyKeys, (await PutAsync(repository, id, "one-more", "")).Kind);
        Assert.Equal(OutcomeKind.Done, (await PutAsync(repository, id, "k7", new byte[9_000_000])).Kind);
        Assert.Equal(OutcomeKind.TooManyBytes, (await PutAsync(repository, id, "k8", new byte[4_000_000])).Kind);
        Assert.Equal(OutcomeKind.Done, (await PutAsync(repository, id, "k7", "small again")).Kind);
        Assert.Equal(OutcomeKind.Done, (await PutAsync(repository, id, "k8", new byte[4_000_000])).Kind);
        await repository.RemoveAsync(Write(id, "k8"), None);
        Assert.Equal(OutcomeKind.Done, (await PutAsync(repository, id, "k9", new byte[9_000_000])).Kind);
    }

    [Theory, ClassData(typeof(EveryStoreData))]
    public async Task PutAsync_ConditionRacedFromEightConnections_OneWins(StoreKind kind)
    {
        var (repository, id) = await CreateAsync(kind);
        var racers = await ConnectAgainAsync(kind);
        EntityTag? held = null;
        for (var round = 0; round < 50; round++)
        {
            var condition = held is null ? WriteCondition.Absent : WriteCondition.Matches([held.ToString()!]);
            var outcomes = await Task.WhenAll(
                racers.Select((racer, i) => Task.Run(() => PutAsync(racer, id, "prize", $"{i}", condition))));

            var winner = Assert.Single(outcomes, outcome => outcome.Kind == OutcomeKind.Done);
            Assert.All(
                outcomes.Except([winner]),
                loser => Assert.Equal((OutcomeKind.ConditionFailed, winner.Tag), (loser.Kind, loser.Tag)));
            held = winner.Tag;
        }

        Assert.Equal(50, (await repository.ListAsync(id, KeyPrefix.All, None))!.Deployment.Revision);
    }

    [Theory, ClassData(typeof(EveryStoreData))]
    public async Task PutAsync_EightConnections_LosesNoRevision(StoreKind kind)
    {
        var (repository, id) = await CreateAsync(kind);

        await Task.WhenAll((await ConnectAgainAsync(kind)).Select(racer => Task.Run(async () =>
        {
            for (var i = 0; i < 100; i++)
                await PutAsync(racer, id, $"k{i % 5}", $"{i}");
        })));

        var listing = await repository.ListAsync(id, KeyPrefix.All, None);
        Assert.Equal(800, listing!.Deployment.Revision);
        Assert.Equal(5, listing.Keys.Count);
    }
}
