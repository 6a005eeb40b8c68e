using Goterra.Core.Model;
using Goterra.Core.Waiting;
using Microsoft.Extensions.Time.Testing;

namespace Goterra.Tests.Unit.Waiting;

[Trait("Category", "Unit")]
public sealed class WaitRegistryTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly DeploymentId _deployment = DeploymentId.New();
    private readonly WaitRegistry _registry;

    public WaitRegistryTests() => _registry = new WaitRegistry(_time);

    [Fact]
    public void TakeEnded_RequestOfAWaitThatGoesOn_IsNotOver()
    {
        Register(continues: true, TimeSpan.FromHours(1)).Leave(WaitResult.TimedOut);
        _time.Advance(TimeSpan.FromSeconds(9));
        var since = _time.GetUtcNow() - TimeSpan.FromSeconds(9);

        Assert.Empty(_registry.TakeEnded());
        Register(continues: true, TimeSpan.FromHours(1)).Leave(WaitResult.Met);

        var ended = Assert.Single(Assert.Single(_registry.TakeEnded()).Value);
        Assert.Equal((WaitResult.Met, since), (ended.Result, ended.Wait.Since));
        _time.Advance(TimeSpan.FromSeconds(11));
        Assert.Empty(_registry.TakeEnded());
        Assert.Empty(_registry.ListAll());
    }

    [Fact]
    public void TakeEnded_WaitThatNobodyContinues_IsOverAfterAWhile()
    {
        Register(continues: true, TimeSpan.FromHours(1)).Leave(WaitResult.Interrupted);
        var left = _time.GetUtcNow();
        _time.Advance(TimeSpan.FromSeconds(11));

        var ended = Assert.Single(Assert.Single(_registry.TakeEnded()).Value);

        Assert.Equal((WaitResult.Interrupted, left), (ended.Result, ended.Ended));
        Assert.Empty(_registry.ListAll());
    }

    [Theory]
    [InlineData(false, 3600)]
    [InlineData(true, 1)]
    public void TakeEnded_LastRequest_IsOverAtOnce(bool continues, int secondsLeft)
    {
        Register(continues, TimeSpan.FromSeconds(secondsLeft)).Leave(WaitResult.TimedOut);

        Assert.Single(_registry.TakeEnded());
    }

    [Fact]
    public void ReturnEnded_StoreUnavailable_ComesAgainAndIsBounded()
    {
        for (var i = 0; i < 300; i++)
            Register(continues: false, TimeSpan.Zero).Leave(WaitResult.Met);
        var (deployment, waits) = Assert.Single(_registry.TakeEnded());

        _registry.ReturnEnded(deployment, waits);

        Assert.Equal(IEndedWaits.MaxKept, _registry.ListEnded(_deployment).Count);
        Assert.Equal(IEndedWaits.MaxKept, Assert.Single(_registry.TakeEnded()).Value.Count);
    }

    private WaitRegistration Register(bool continues, TimeSpan left) => _registry.Register(
        Interest.In(_deployment, ValueKey.Parse("k")), count: null,
        new Waiter(continues ? "w" : DeploymentId.New().ToString(), "client") { Continues = continues },
        _time.GetUtcNow() + left);
}
