using System.Text;
using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Goterra.Core.Model;
using Goterra.Infrastructure.Encryption;

namespace Goterra.Tests.Contract;

/// <summary>What an idempotency key is bound to, against the real stores.</summary>
[Trait("Category", "Contract")]
public sealed class IdempotencyContractTests(StoresFixture stores) : IClassFixture<StoresFixture>
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly TimeSpan Long = TimeSpan.FromHours(1);

    [Theory, ClassData(typeof(EveryStoreData))]
    public async Task PutAsync_SameWriteAgain_ReturnsFirstResult(StoreKind kind)
    {
        var (repository, id) = await CreateAsync(kind);
        var write = Write(id);
        var first = await PutAsync(repository, write);
        await PutAsync(
            repository, write with { IdempotencyKey = null, Condition = WriteCondition.Exists }, "changed since");

        var again = await PutAsync(repository, write);

        Assert.Equal(OutcomeKind.Done, first.Kind);
        Assert.Equal(first, again);
        Assert.Equal("changed since", await ReadAsync(repository, id));
    }

    [Theory, ClassData(typeof(EveryStoreData))]
    public async Task PutAsync_SameLeaseAgain_ReturnsFirstResult(StoreKind kind)
    {
        var (repository, id) = await CreateAsync(kind);
        var write = Write(id) with { Lease = Long };

        var first = await PutAsync(repository, write);

        Assert.NotNull(first.Expires);
        Assert.Equal(first, await PutAsync(repository, write));
    }

    [Theory, ClassData(typeof(EveryStoreData))]
    public async Task RemoveAsync_SameRemovalAgain_ReturnsFirstResult(StoreKind kind)
    {
        var (repository, id) = await CreateAsync(kind);
        await PutAsync(repository, Write(id));
        var removal = Write(id) with { Condition = WriteCondition.Exists, IdempotencyKey = "attempt-2" };

        var first = await repository.RemoveAsync(removal, None);

        Assert.Equal((OutcomeKind.Done, null), (first.Kind, first.Tag));
        Assert.Equal(first, await repository.RemoveAsync(removal, None));
    }

    [Theory, ClassData(typeof(EveryStoreData))]
    public async Task PutAsync_DifferentWriteSameKey_IsReusedAndChangesNothing(StoreKind kind)
    {
        var (repository, id) = await CreateAsync(kind);
        var lease = await PutAsync(
            repository, Write(id) with { Key = ValueKey.Parse("leader"), IdempotencyKey = null, Lease = Long });
        var write = Write(id);
        await PutAsync(repository, write);
        var before = await repository.ListAsync(id, KeyPrefix.All, None);

        Outcome[] others =
        [
            await PutAsync(repository, write, "other value"),
            await PutAsync(repository, write, ""),
            await PutAsync(repository, write with { Key = ValueKey.Parse("other-key") }),
            await PutAsync(repository, write with { Condition = WriteCondition.Exists }),
            await PutAsync(repository, write with { Condition = WriteCondition.Matches(["1.abc"]) }),
            await PutAsync(repository, write with { Credential = "bob\n" }),
            await PutAsync(repository, write with { Credential = "alice\nline-2" }),
            await PutAsync(repository, write with { Lease = Long }),
            await PutAsync(
                repository, write with { Fence = Fence.Of(ValueKey.Parse("leader"), lease.Tag.ToString()!) }),
            await PutAsync(repository, write with { Fence = Fence.Of(ValueKey.Parse("leader"), "1.abc") }),
            await repository.RemoveAsync(write, None),
        ];

        Assert.All(others, other => Assert.Equal(new Outcome(OutcomeKind.IdempotencyKeyReused), other));
        var after = await repository.ListAsync(id, KeyPrefix.All, None);
        Assert.Equal(before!.Deployment, after!.Deployment);
        Assert.Equal(before.Keys, after.Keys);
        Assert.Equal("value", await ReadAsync(repository, id));
    }

    [Theory, ClassData(typeof(EveryStoreData))]
    public async Task PutAsync_DifferentLeaseSameKey_IsReused(StoreKind kind)
    {
        var (repository, id) = await CreateAsync(kind);
        var write = Write(id) with { Lease = Long };
        var taken = await PutAsync(repository, write);

        Assert.Equal(
            OutcomeKind.IdempotencyKeyReused, (await PutAsync(repository, write with { Lease = 2 * Long })).Kind);
        Assert.Equal(OutcomeKind.IdempotencyKeyReused, (await PutAsync(repository, write with { Lease = null })).Kind);
        Assert.Equal(taken.Expires, (await repository.ReadAsync(id, write.Key, None)).Value!.Expires);
    }

    [Theory, ClassData(typeof(EveryStoreData))]
    public async Task RemoveAsync_DifferentRemovalSameKey_IsReusedAndChangesNothing(StoreKind kind)
    {
        var (repository, id) = await CreateAsync(kind);
        await PutAsync(repository, Write(id) with { IdempotencyKey = null });
        await PutAsync(repository, Write(id) with { IdempotencyKey = null, Key = ValueKey.Parse("other-key") });
        var removal = Write(id) with { Condition = WriteCondition.Exists };
        await repository.RemoveAsync(removal, None);

        Outcome[] others =
        [
            await repository.RemoveAsync(removal with { Key = ValueKey.Parse("other-key") }, None),
            await repository.RemoveAsync(removal with { Credential = "bob\n" }, None),
            await repository.RemoveAsync(removal with { Condition = WriteCondition.Matches(["1.abc"]) }, None),
            await PutAsync(repository, removal, ""),
        ];

        Assert.All(others, other => Assert.Equal(OutcomeKind.IdempotencyKeyReused, other.Kind));
        Assert.Equal(["other-key"], (await repository.ListAsync(id, KeyPrefix.All, None))!.Keys.Select(key => key.Key));
    }

    [Theory, ClassData(typeof(EveryStoreData))]
    public async Task PutAsync_SameKeyInAnotherDeployment_IsIndependent(StoreKind kind)
    {
        var (repository, id) = await CreateAsync(kind);
        var (_, other) = await CreateAsync(kind);
        await PutAsync(repository, Write(id));

        Assert.Equal(OutcomeKind.Done, (await PutAsync(repository, Write(other), "other value")).Kind);
    }

    [Theory, ClassData(typeof(EveryStoreData))]
    public async Task PutAsync_WriteRefused_LeavesKeyUnused(StoreKind kind)
    {
        var (repository, id) = await CreateAsync(kind);
        var write = Write(id) with { Condition = WriteCondition.Exists };

        Assert.Equal(OutcomeKind.ConditionFailed, (await PutAsync(repository, write)).Kind);
        Assert.Equal(
            OutcomeKind.Done, (await PutAsync(repository, write with { Condition = WriteCondition.Absent })).Kind);
    }

    [Theory, ClassData(typeof(EveryStoreData))]
    public async Task PutAsync_NoCondition_IgnoresKey(StoreKind kind)
    {
        var (repository, id) = await CreateAsync(kind);
        var write = Write(id) with { Condition = WriteCondition.None };

        Assert.Equal(1, (await PutAsync(repository, write)).Revision);
        Assert.Equal(2, (await PutAsync(repository, write)).Revision);
        Assert.Equal(3, (await PutAsync(repository, write, "other value")).Revision);
        Assert.Equal(4, (await repository.RemoveAsync(write, None)).Revision);
        Assert.Equal(OutcomeKind.Done, (await PutAsync(repository, Write(id))).Kind);
        Assert.Equal(6, (await PutAsync(repository, write)).Revision);
    }

    [Theory, ClassData(typeof(EveryStoreData))]
    public async Task PutAsync_RevokedCredential_IsRevokedFirst(StoreKind kind)
    {
        var (repository, id) = await CreateAsync(kind);
        await PutAsync(repository, Write(id));

        Assert.Equal(
            OutcomeKind.Revoked, (await PutAsync(repository, Write(id) with { Epoch = new EpochProof("e2") })).Kind);
        Assert.Equal(
            OutcomeKind.Revoked,
            (await PutAsync(repository, Write(id) with { Epoch = new EpochProof("e2") }, "other value")).Kind);
        await repository.DeleteAsync(id, new EpochProof("e1"), None);
        Assert.Equal(OutcomeKind.Gone, (await PutAsync(repository, Write(id))).Kind);
    }

    [Theory, ClassData(typeof(EveryStoreData))]
    public async Task PutAsync_FenceLostSince_StillReturnsFirstResult(StoreKind kind)
    {
        var (repository, id) = await CreateAsync(kind);
        var leader = Write(id) with { Key = ValueKey.Parse("leader"), IdempotencyKey = null };
        var lease = await PutAsync(repository, leader with { Lease = Long });
        var write = Write(id) with { Fence = Fence.Of(leader.Key, lease.Tag.ToString()!) };
        var first = await PutAsync(repository, write);
        await repository.RemoveAsync(leader with { Condition = WriteCondition.Exists }, None);

        Assert.Equal(first, await PutAsync(repository, write));
        Assert.Equal(OutcomeKind.IdempotencyKeyReused, (await PutAsync(repository, write, "other value")).Kind);
        Assert.Equal(
            OutcomeKind.FenceLost, (await PutAsync(repository, write with { IdempotencyKey = "attempt-2" })).Kind);
    }

    [Theory, ClassData(typeof(EveryStoreData))]
    public async Task PutAsync_RenewalUnderUsedKey_IsReusedAndExtendsNothing(StoreKind kind)
    {
        var (repository, id) = await CreateAsync(kind);
        var take = Write(id) with { Lease = Long };
        var taken = await PutAsync(repository, take);

        var renewed = await PutAsync(
            repository, take with { Condition = WriteCondition.Matches([taken.Tag.ToString()!]), Lease = 2 * Long });

        Assert.Equal(OutcomeKind.IdempotencyKeyReused, renewed.Kind);
        Assert.Equal(taken.Expires, (await repository.ReadAsync(id, take.Key, None)).Value!.Expires);
    }

    [Theory, ClassData(typeof(EveryStoreData))]
    public async Task PutAsync_SameRenewalAgain_ReturnsFirstResult(StoreKind kind)
    {
        var (repository, id) = await CreateAsync(kind);
        var taken = await PutAsync(repository, Write(id) with { Lease = Long });
        var renewal = Write(id) with
        {
            Condition = WriteCondition.Matches(
            [taken.Tag.ToString()!]),
            Lease = 2 * Long,
            IdempotencyKey = "attempt-2"
        };
        var first = await PutAsync(repository, renewal);
        await PutAsync(repository, renewal with { Lease = 3 * Long, IdempotencyKey = null });

        Assert.Equal((OutcomeKind.Done, taken.Tag), (first.Kind, first.Tag));
        Assert.Equal(first, await PutAsync(repository, renewal));
        Assert.Equal(OutcomeKind.IdempotencyKeyReused, (await PutAsync(repository, renewal, "other value")).Kind);
        Assert.True((await repository.ReadAsync(id, renewal.Key, None)).Value!.Expires > first.Expires);

        await repository.RemoveAsync(renewal with { IdempotencyKey = null }, None);
        Assert.Equal(first, await PutAsync(repository, renewal));
    }

    [Theory, ClassData(typeof(EachStoreData))]
    public async Task PutAsync_SecretRotatedSince_StillMatches(StoreKind kind)
    {
        using var folder = new TempFolder();
        await using var redis = kind == StoreKind.Redis ? await RedisServer.StartAsync() : null;
        var options = redis is null ? OpenStore.In(folder) : OpenStore.At(redis);
        DeploymentId id;
        Outcome first;
        await using (var store = await OpenStore.StartAsync(options))
        {
            id = await CreateAsync(store.Repository);
            first = await PutAsync(store.Repository, Write(id));
        }

        var rotated = new SecretRing(
            "another secret of the tests, longer than 32 bytes",
            [new PreviousSecret(OpenStore.TestSecret.Current, Verify: false)]);
        await using (var store = await OpenStore.StartAsync(options, secrets: rotated))
        {
            Assert.Equal(first, await PutAsync(store.Repository, Write(id)));
            Assert.Equal(
                OutcomeKind.IdempotencyKeyReused, (await PutAsync(store.Repository, Write(id), "other value")).Kind);
        }
    }

    private async Task<(IDeploymentRepository Repository, DeploymentId Id)> CreateAsync(StoreKind kind)
    {
        var repository = (await stores.GetAsync(kind)).Repository;
        return (repository, await CreateAsync(repository));
    }

    private static async Task<DeploymentId> CreateAsync(IDeploymentRepository repository) =>
        (await repository.CreateAsync(
            new NewDeployment(DeploymentId.New(), Owner.Anonymous, null, null, "e1", null), None)).Id;

    private static ValueWrite Write(DeploymentId id) =>
        new(
            id, ValueKey.Parse("key"), new EpochProof("e1"), WriteCondition.Absent,
            "attempt-1")
        { Credential = "alice\n" };

    private static Task<Outcome> PutAsync(IDeploymentRepository repository, ValueWrite write, string value = "value") =>
        repository.PutAsync(write, Encoding.UTF8.GetBytes(value), None);

    private static async Task<string> ReadAsync(IDeploymentRepository repository, DeploymentId id) =>
        (await repository.ReadAsync(id, ValueKey.Parse("key"), None)).Value!.AsText();
}
