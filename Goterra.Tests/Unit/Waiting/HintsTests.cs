using Goterra.Core.Deployments;
using Goterra.Core.Model;
using Goterra.Core.Waiting;

namespace Goterra.Tests.Unit.Waiting;

[Trait("Category", "Unit")]
public sealed class HintsTests
{
    private static readonly DateTimeOffset Now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("mastr_token", "master_token")]
    [InlineData("MASTER_TOKEN", "master_token")]
    [InlineData("master-token", "master_token")]
    [InlineData("amster_token", "master_token")]
    [InlineData("nodes/worker1", "nodes/worker-1")]
    [InlineData("address", null)]
    [InlineData("x", null)]
    public void For_KeyNobodyStored_NamesTheNearest(string waited, string? nearest)
    {
        var hint = Assert.Single(For([waited], "master_token", "nodes/worker-1", "status_app_x"));

        Assert.Equal(
            nearest is null
                ? $"1 client waits for `{waited}` (client), which does not exist yet"
                : $"1 client waits for `{waited}` (client); the nearest existing key is `{nearest}`",
            hint);
    }

    [Fact]
    public void For_PrefixNobodyStored_NamesTheNearestAndTheClients()
    {
        var waits = new[] { "a", "b", "c", "d" }.Select(
            client => new Core.Waiting.WaitInfo(client, null, "node/", 3, Now, client)).ToList();

        var hint = Assert.Single(Hints.For(
            Deployment(revision: 1), [new KeyInfo("nodes/1", 1, new EntityTag(1, "m"), Now)], waits));

        Assert.Equal(
            "4 clients wait for 3 keys under `node/` (a, b, c and 1 more); there are 0; the nearest existing prefix is "
            + "`nodes/`",
            hint);
    }

    [Fact]
    public void For_KeyThatExists_IsNoMatterForAHint() => Assert.Empty(For(["a"], "a"));

    [Fact]
    public void For_ManyWaitersAndKeys_IsBounded()
    {
        var waited = Enumerable.Range(0, 10_000).Select(i => $"waited-{i}").ToArray();

        Assert.Equal(20, For(waited, [.. Enumerable.Range(0, 10_000).Select(i => $"key-{i}")]).Count);
    }

    [Fact]
    public void For_SameRevisionAndWaits_IsRemembered()
    {
        var cache = new HintCache();
        var deployment = Deployment(revision: 1);
        var waits = Waits("a");

        var first = cache.For(deployment, [], waits);

        Assert.Same(first, cache.For(deployment, [], waits));
        Assert.NotSame(first, cache.For(deployment with { Revision = 2 }, [], waits));
        Assert.NotSame(first, cache.For(deployment, [], Waits("a", "b")));
    }

    private static IReadOnlyList<string> For(string[] waited, params string[] keys) => Hints.For(
        Deployment(revision: 1), [.. keys.Select(
            key => new KeyInfo(key, 1, new EntityTag(1, "m"), Now))], Waits(waited));

    private static List<Core.Waiting.WaitInfo> Waits(params string[] keys) =>
        [.. keys.Select((key, i) => new Core.Waiting.WaitInfo($"w{i}", key, null, null, Now, "client"))];

    private static Deployment Deployment(long revision) =>
        new(DeploymentId.New(), Owner.Anonymous, null, null, Now, Now, null, revision);
}
