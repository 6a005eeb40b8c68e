using Goterra.Core.Model;
using Goterra.Core.Waiting;
using Microsoft.Extensions.Time.Testing;

namespace Goterra.Tests.Unit.Waiting;

[Trait("Category", "Unit")]
public sealed class ChangeHubTests
{
    private static readonly DeploymentId Here = DeploymentId.New();
    private static readonly DeploymentId There = DeploymentId.New();

    private readonly FakeTimeProvider _time = new();
    private readonly ChangeHub _hub;

    public ChangeHubTests() => _hub = new ChangeHub(new Limits { Waits = 6, WaitsPerDeployment = 4 }, _time);

    [Fact]
    public void Publish_Key_WakesExactlyItsWatchesAndTheCoveringPrefixes()
    {
        using var key = Arm("nodes/a");
        using var sameKey = Arm("nodes/a");
        using var otherKey = Arm("nodes/b");
        using var prefix = ArmPrefix("nodes/");
        using var elsewhere = Arm("nodes/a", There);

        _hub.Publish(new Change(Here, "nodes/a"));

        Assert.Equal([true, true, false, true, false], Woken(key, sameKey, otherKey, prefix, elsewhere));
    }

    [Theory]
    [InlineData("", true)]
    [InlineData("n", true)]
    [InlineData("nodes/a", true)]
    [InlineData("nodes/ab", false)]
    [InlineData("x", false)]
    public void Publish_Key_WakesPrefixesOfAnyLength(string prefix, bool woken)
    {
        using var watch = ArmPrefix(prefix);

        _hub.Publish(new Change(Here, "nodes/a"));

        Assert.Equal(woken, watch.Signal.Task.IsCompleted);
    }

    [Fact]
    public void Publish_WholeDeployment_WakesAllOfItsWatches()
    {
        using var key = Arm("a");
        using var prefix = ArmPrefix("b");
        using var elsewhere = Arm("a", There);

        _hub.Publish(new Change(Here, null));

        Assert.Equal([true, true, false], Woken(key, prefix, elsewhere));
    }

    [Fact]
    public void Wake_ChangeAfterTheSignal_IsOnTheNext()
    {
        using var watch = Arm("a");
        _hub.Publish(new Change(Here, "a"));
        var next = watch.Signal.Next;
        Assert.False(next.Task.IsCompleted);

        _hub.Publish(new Change(Here, "a"));

        Assert.True(next.Task.IsCompleted);
    }

    [Fact]
    public async Task Wake_Read_IsOneForAllWhoWereWoken()
    {
        using var first = Arm("a");
        using var second = Arm("a");
        _hub.Publish(new Change(Here, "a"));
        var reads = 0;

        Task<int> Read(CancellationToken cancellationToken) => Task.FromResult(++reads);

        Assert.Equal(1, await first.Signal.ReadAsync("value", Read));
        Assert.Equal(1, await second.Signal.ReadAsync("value", Read));
    }

    [Fact]
    public void TryArm_OverALimit_NamesIt()
    {
        for (var i = 0; i < 4; i++)
            Arm("a");

        Assert.False(_hub.TryArm(Interest.In(Here, ValueKey.Parse("b")), "", out _, out var perDeployment));
        Assert.Equal(new LimitHit("waits_per_deployment", 4), perDeployment);

        Arm("a", There);
        Arm("a", There);
        Assert.False(_hub.TryArm(Interest.In(There, ValueKey.Parse("b")), "", out _, out var perInstance));
        Assert.Equal(new LimitHit("waits", 6), perInstance);
    }

    [Fact]
    public void TryArm_ClientOverItsShare_NamesItUntilAWatchLeaves()
    {
        var hub = new ChangeHub(new Limits { WaitsPerAddress = 1 }, _time);
        var interest = Interest.In(Here, ValueKey.Parse("a"));
        Assert.True(hub.TryArm(interest, "192.0.2.1", out var watch, out _));

        Assert.False(hub.TryArm(interest, "192.0.2.1", out _, out var limit));
        Assert.Equal(new LimitHit("waits_per_address", 1), limit);
        Assert.True(hub.TryArm(interest, "192.0.2.2", out _, out _));
        watch.Dispose();
        Assert.True(hub.TryArm(interest, "192.0.2.1", out _, out _));
        Assert.Equal(2, hub.Waits);
    }

    [Fact]
    public void Dispose_LastWatch_LeavesNothingBehind()
    {
        Watch[] watches = [Arm("a"), Arm("a"), ArmPrefix("p"), ArmPrefix("pp")];
        foreach (var watch in watches)
        {
            watch.Dispose();
            watch.Dispose();
        }

        Assert.Equal(0, _hub.Watches);
        Assert.Equal(0, _hub.Deployments);
        _hub.Publish(new Change(Here, "a"));
        Assert.False(watches[0].Signal.Task.IsCompleted);
        for (var i = 0; i < 4; i++)
            Arm("again");
    }

    [Fact]
    public void Beat_NobodySignals_WakesWithinThirtySeconds()
    {
        using var watch = Arm("a");

        _time.Advance(TimeSpan.FromSeconds(9.9));
        Assert.False(watch.Signal.Task.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(20.1));
        Assert.True(watch.Signal.Task.IsCompleted);

        var next = watch.Signal.Next;
        _time.Advance(TimeSpan.FromSeconds(30));
        Assert.True(next.Task.IsCompleted);
    }

    [Fact]
    public void Close_EverybodyWaiting_IsWoken()
    {
        using var watch = Arm("a");

        _hub.Close();

        Assert.True(watch.Signal.Task.IsCompleted);
        Assert.True(_hub.Closed);
    }

    private Watch Arm(string key, DeploymentId? deployment = null) =>
        Arm(Interest.In(deployment ?? Here, ValueKey.Parse(key)));

    private Watch ArmPrefix(string prefix) => Arm(new Interest(Here, prefix, IsPrefix: true));

    private Watch Arm(Interest interest)
    {
        Assert.True(_hub.TryArm(interest, "", out var watch, out _));
        return watch;
    }

    private static bool[] Woken(params Watch[] watches) => [.. watches.Select(watch => watch.Signal.Task.IsCompleted)];
}
