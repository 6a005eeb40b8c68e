using System.Text;
using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Goterra.Core.Model;
using Goterra.Core.Services;
using Goterra.Core.Waiting;
using Microsoft.Extensions.Time.Testing;
using Moq;

namespace Goterra.Tests.Unit.Waiting;

/// <summary>
/// The wait loop with a store that does what it must at the worst moment: the races are forced here, not hoped for.
/// </summary>
[Trait("Category", "Unit")]
public sealed partial class ValueWaitTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly ValueKey Key = ValueKey.Parse("join_token");
    private static readonly ValueReading Missing = new(new DeploymentHead("e1", null), null);
    private static readonly ValueReading There = new(
        Missing.Head, new StoredValue("XXX"u8.ToArray(), new EntityTag(7, "mark")));
    private static readonly ValueReading Gone = new(null, null);

    private readonly FakeTimeProvider _time = new();
    private readonly Mock<IDeploymentRepository> _repository = new(MockBehavior.Strict);
    private readonly ChangeHub _hub;
    private readonly ValueService _values;
    private readonly Caller _caller;

    public ValueWaitTests()
    {
        var limits = new Limits { MaxWait = TimeSpan.FromMinutes(10) };
        _repository
            .Setup(repository => repository.ListAsync(
                It.IsAny<DeploymentId>(), KeyPrefix.All, It.IsAny<CancellationToken>()))
            .ReturnsAsync((DeploymentListing?)null);
        _hub = new ChangeHub(limits, _time);
        _values = new ValueService(
            _repository.Object, new WaitLoop(_repository.Object, _hub, new WaitRegistry(_time), limits, _time), limits);
        _caller = new Caller(
            DeploymentId.New(), "alice", new EpochProof("e1"), Scope.Full, _time.GetUtcNow().AddHours(24));
    }

    [Fact]
    public async Task Get_StoredBetweenArmAndRead_IsAnsweredByThatRead()
    {
        Reads(() =>
        {
            Changed();
            return There;
        });

        Assert.Equal("XXX", await ValueOf(WaitAsync(Minute)));
    }

    [Fact]
    public async Task GetAsync_DeploymentThatFailedOnce_DoesNotDecryptTheReason()
    {
        static FailureNote Open() => throw new InvalidOperationException("The reason is not needed.");
        Reads(() => There with { Head = new DeploymentHead("e1", null, Failures: 1, Failed: true, Open) });

        Assert.Equal("XXX", await ValueOf(WaitAsync(TimeSpan.Zero)));
    }

    [Fact]
    public async Task Get_StoredBetweenReadAndWait_IsNotMissed()
    {
        Reads(
            () =>
            {
                // The read has its answer; the change comes before anybody waits.
                Changed();
                return Missing;
            },
            () => There);

        Assert.Equal("XXX", await ValueOf(WaitAsync(Minute)));
    }

    [Fact]
    public async Task Get_DeletedBetweenReadAndWait_IsGone()
    {
        Reads(
            () =>
            {
                _hub.Publish(new Change(_caller.Deployment, null));
                return Missing;
            },
            () => Gone);

        Assert.Equal(OutcomeKind.Gone, (await WaitAsync(Minute)).Outcome.Kind);
    }

    [Fact]
    public async Task Get_MessageLost_IsFoundOnTheBeat()
    {
        Reads(() => Missing, () => There);
        var wait = WaitAsync(Minute);
        Assert.False(wait.IsCompleted);

        _time.Advance(TimeSpan.FromSeconds(30));

        Assert.Equal("XXX", await ValueOf(wait));
    }

    [Fact]
    public async Task Get_MessageLostAndTimeOver_IsFoundByTheLastRead()
    {
        Reads(() => Missing, () => There);
        var wait = WaitAsync(TimeSpan.FromSeconds(5));

        _time.Advance(TimeSpan.FromSeconds(5));

        Assert.Equal("XXX", await ValueOf(wait));
    }

    [Fact]
    public async Task Get_StoreAwayWhileWaiting_GoesOnUntilItIsBack()
    {
        Reads(() => Missing, () => throw new StoreUnavailableException("away"), () => There);
        var wait = WaitAsync(Minute);
        _hub.SignalAll();
        Assert.False(wait.IsCompleted);

        _hub.SignalAll();

        Assert.Equal("XXX", await ValueOf(wait));
    }

    [Fact]
    public async Task Get_StoreAwayAtFirst_FailsAtOnceAndLeavesNothingBehind()
    {
        Reads(() => throw new StoreUnavailableException("away"));

        await Assert.ThrowsAsync<StoreUnavailableException>(() => WaitAsync(Minute));
        Assert.Equal(0, _hub.Watches);
    }

    [Fact]
    public async Task Get_OneWaiterHangsUpDuringTheSharedRead_TheOtherStillGetsTheValue()
    {
        var arriving = new TaskCompletionSource<ValueReading>();
        var reads = 0;
        _repository.Setup(repository => repository.ReadAsync(_caller.Deployment, Key, It.IsAny<CancellationToken>()))
            .Returns(() => ++reads <= 2 ? Task.FromResult(Missing) : arriving.Task);
        using var hangUp = new CancellationTokenSource();
        var first = _values.GetAsync(_caller, Key, [], For(Minute), hangUp.Token);
        var second = WaitAsync(Minute);
        Changed();

        await hangUp.CancelAsync();
        Assert.Equal(OutcomeKind.Abandoned, (await first).Outcome.Kind);
        arriving.SetResult(There);

        Assert.Equal("XXX", await ValueOf(second));
        Assert.Equal(3, reads);
    }

    [Fact]
    public async Task Get_KnownTag_WaitsForAChangeAndTakesARemovalForOne()
    {
        var changed = new ValueReading(Missing.Head, new StoredValue("YYY"u8.ToArray(), new EntityTag(8, "other")));
        Reads(() => There, () => There, () => changed);
        var wait = _values.GetAsync(_caller, Key, ["7.mark"], For(Minute), CancellationToken.None);
        Changed();
        Assert.False(wait.IsCompleted);
        Changed();
        Assert.Equal("YYY", await ValueOf(wait));

        Reads(() => There, () => Missing);
        var removal = _values.GetAsync(_caller, Key, ["7.mark"], For(Minute), CancellationToken.None);
        Changed();
        Assert.Equal(OutcomeKind.Absent, (await removal).Outcome.Kind);

        Reads(() => There);
        var unchanged = _values.GetAsync(
            _caller, Key, ["7.mark"], For(TimeSpan.FromSeconds(5)), CancellationToken.None);
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(OutcomeKind.NotModified, (await unchanged).Outcome.Kind);
    }

    [Fact]
    public async Task Get_NoWait_ReadsOnceAndArmsNothing()
    {
        Reads(() => Missing);

        Assert.Equal(OutcomeKind.Absent, (await WaitAsync(TimeSpan.Zero)).Outcome.Kind);
        _repository.Verify(
            repository =>
                repository.ReadAsync(It.IsAny<DeploymentId>(), It.IsAny<ValueKey>(), It.IsAny<CancellationToken>()),
            Times.Once);
    }

    private void Changed() => _hub.Publish(new Change(_caller.Deployment, Key.Text));

    /// <summary>What the reads give, one after the other, and the last one again and again.</summary>
    private void Reads(params Func<ValueReading>[] readings)
    {
        var next = 0;
        _repository.Setup(repository => repository.ReadAsync(_caller.Deployment, Key, It.IsAny<CancellationToken>()))
            .Returns(() =>
            {
                try
                {
                    return Task.FromResult(readings[Math.Min(next++, readings.Length - 1)]());
                }
                catch (StoreUnavailableException e)
                {
                    return Task.FromException<ValueReading>(e);
                }
            });
    }

    private Task<ValueOutcome> WaitAsync(TimeSpan wait, Caller? caller = null) =>
        _values.GetAsync(caller ?? _caller, Key, [], For(wait), CancellationToken.None);

    private static WaitOptions For(TimeSpan time) => new(time, Polls: false, FailOn: null, new Waiter("w", "test"));

    private static async Task<string> ValueOf(Task<ValueOutcome> outcome) =>
        Encoding.UTF8.GetString((await outcome).Value!.Bytes.Span);
}
