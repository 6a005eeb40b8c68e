using Goterra.Core.Deployments;
using Goterra.Core.Waiting;

namespace Goterra.Tests.Unit.Waiting;

/// <summary>Waits that end without a value.</summary>
public sealed partial class ValueWaitTests
{
    [Fact]
    public async Task Get_TimeOver_IsAbsent()
    {
        Reads(() => Missing);
        var wait = WaitAsync(TimeSpan.FromSeconds(5));
        _time.Advance(TimeSpan.FromSeconds(4.9));
        Assert.False(wait.IsCompleted);

        _time.Advance(TimeSpan.FromSeconds(0.1));

        Assert.Equal(OutcomeKind.Absent, (await wait).Outcome.Kind);
        Assert.Equal(0, _hub.Watches);
    }

    [Fact]
    public async Task Get_LongerThanTheMaximum_IsCutToIt()
    {
        Reads(() => Missing);
        var start = _time.GetUtcNow();
        var wait = WaitAsync(TimeSpan.FromDays(7));
        await Eventually.Async(() =>
        {
            _time.Advance(Minute);
            return wait.IsCompleted;
        });

        Assert.Equal(OutcomeKind.Absent, (await wait).Outcome.Kind);
        Assert.InRange(_time.GetUtcNow() - start, TimeSpan.FromMinutes(10), TimeSpan.FromDays(6));
    }

    [Fact]
    public async Task Get_TokenExpiresWhileWaiting_IsCredentialExpired()
    {
        Reads(() => Missing);
        var wait = WaitAsync(Minute, _caller with { Expires = _time.GetUtcNow().AddSeconds(3) });
        _time.Advance(TimeSpan.FromSeconds(3));

        Assert.Equal(OutcomeKind.CredentialExpired, (await wait).Outcome.Kind);
    }

    [Fact]
    public async Task Get_DeploymentEndsWhileWaiting_IsGoneWithoutAnyMessage()
    {
        Reads(() => new ValueReading(new DeploymentHead("e1", TimeSpan.FromSeconds(3)), null), () => Gone);
        var wait = WaitAsync(Minute);
        _time.Advance(TimeSpan.FromSeconds(3));

        Assert.Equal(OutcomeKind.Gone, (await wait).Outcome.Kind);
    }

    [Fact]
    public async Task Get_RevokedWhileWaiting_IsRevoked()
    {
        Reads(() => Missing, () => new ValueReading(new DeploymentHead("e2", null), There.Value));
        var wait = WaitAsync(Minute);
        _hub.Publish(new Change(_caller.Deployment, null));

        Assert.Equal(OutcomeKind.Revoked, (await wait).Outcome.Kind);
    }

    [Fact]
    public async Task Get_ProcessStops_IsShuttingDown()
    {
        Reads(() => Missing);
        var wait = WaitAsync(Minute);
        _hub.Close();

        Assert.Equal(OutcomeKind.ShuttingDown, (await wait).Outcome.Kind);
    }

    [Fact]
    public async Task Get_CallerHangsUp_IsAnOutcomeAndLeavesNothingBehind()
    {
        Reads(() => Missing);
        using var hangUp = new CancellationTokenSource();
        var wait = _values.GetAsync(_caller, Key, [], For(Minute), hangUp.Token);
        Assert.Equal(1, _hub.Watches);

        await hangUp.CancelAsync();

        // An exception through all layers for each of thousands of waits would stop the process for seconds.
        Assert.Equal(OutcomeKind.Abandoned, (await wait).Outcome.Kind);
        Assert.Equal(0, _hub.Watches);
    }
}
