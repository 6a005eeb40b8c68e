using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Goterra.Core.Model;
using Goterra.Core.Services;
using Goterra.Core.Tokens;
using Goterra.Core.Waiting;
using Microsoft.Extensions.Time.Testing;
using Moq;

namespace Goterra.Tests.Unit.Waiting;

/// <summary>The barrier and the failure prefix at the worst moments.</summary>
[Trait("Category", "Unit")]
public sealed class BarrierWaitTests
{
    private static readonly DeploymentHead Head = new("e1", null);
    private static readonly KeyPrefix Nodes = Prefix("nodes/");

    private readonly FakeTimeProvider _time = new();
    private readonly Mock<IDeploymentRepository> _repository = new();
    private readonly ChangeHub _hub;
    private readonly WaitRegistry _list;
    private readonly DeploymentService _deployments;
    private readonly Caller _caller;
    private List<string> _counted = [];
    private List<string> _listed = [];
    private int _lists;

    public BarrierWaitTests()
    {
        var limits = new Limits();
        _hub = new ChangeHub(limits, _time);
        _list = new WaitRegistry(_time);
        var board = Mock.Of<IRemoteWaits>(
            board => board.ListAsync(
                It.IsAny<DeploymentId>(),
                It.IsAny<CancellationToken>()) == Task.FromResult<IReadOnlyList<Core.Waiting.WaitInfo>>(
                    new List<Core.Waiting.WaitInfo>()));
        _deployments = new DeploymentService(
            _repository.Object,
            Mock.Of<IAccessRepository>(),
            new WaitLoop(_repository.Object, _hub, _list, limits, _time),
            new WaitReporter(_repository.Object, board, _list, new HintCache(), Mock.Of<IEndedWaits>()),
            limits);
        _caller = new Caller(
            DeploymentId.New(), "alice", new EpochProof("e1"), Scope.Full, _time.GetUtcNow().AddHours(24));
        _repository.Setup(repository => repository.CountAsync(_caller.Deployment, Nodes, It.IsAny<CancellationToken>()))
            .Returns(() => Task.FromResult(new KeyCount(Head, _counted.Count)));
        _repository.Setup(
            repository => repository.ListAsync(
                _caller.Deployment, It.IsAny<KeyPrefix>(), It.IsAny<CancellationToken>()))
            .Returns(
                (DeploymentId _, KeyPrefix prefix, CancellationToken _) =>
                    Task.FromResult<DeploymentListing?>(Listing(prefix)));
        _repository.Setup(
            repository => repository.LoadAsync(
                _caller.Deployment, It.IsAny<IReadOnlyList<KeyInfo>>(), It.IsAny<CancellationToken>()))
            .Returns((DeploymentId _, IReadOnlyList<KeyInfo> keys, CancellationToken _) =>
                Task.FromResult<IReadOnlyDictionary<string, StoredValue>?>(
                keys.ToDictionary(key => key.Key, key => new StoredValue("v"u8.ToArray(), key.Tag))));
    }

    [Fact]
    public async Task Gather_CountSaysMoreThanThereIs_WaitsOnUntilThereIs()
    {
        // A name that a crash of the store left behind without a value.
        _counted = ["nodes/a", "nodes/ghost"];
        _listed = ["nodes/a"];
        var wait = GatherAsync(2);
        Assert.False(wait.IsCompleted);

        (_counted, _listed) = (["nodes/a", "nodes/b", "nodes/ghost"], ["nodes/a", "nodes/b"]);
        _hub.Publish(new Change(_caller.Deployment, "nodes/b"));

        Assert.Equal(["nodes/a", "nodes/b"], (await wait).Contents!.Keys.Select(key => key.Key));
    }

    [Fact]
    public async Task Gather_ManyWaitersMetAtOnce_ListOnceForAll()
    {
        var waits = Enumerable.Range(0, 100).Select(_ => GatherAsync(1)).ToList();
        Assert.Equal((100, 0), (_list.Count, _lists));

        (_counted, _listed) = (["nodes/a"], ["nodes/a"]);
        _hub.Publish(new Change(_caller.Deployment, "nodes/a"));

        Assert.All(await Task.WhenAll(waits), outcome => Assert.Single(outcome.Contents!.Keys));
        Assert.Equal((0, 0), (_list.Count, _hub.Watches));
        Assert.Equal(1, _lists);
    }

    [Fact]
    public async Task Gather_FailureToldBetweenReadAndWait_IsNotMissed()
    {
        var told = false;
        _repository.Setup(
            repository => repository.CountAsync(_caller.Deployment, Nodes, It.IsAny<CancellationToken>())).Returns(() =>
        {
            if (!told)
            {
                told = true;
                _listed = [.. _listed, "failed/b"];
                _hub.Publish(new Change(_caller.Deployment, "failed/b"));
            }

            return Task.FromResult(new KeyCount(Head, 0));
        });

        var outcome = (await GatherAsync(1, Prefix("failed/"))).Outcome;

        Assert.Equal((OutcomeKind.Failed, "failed/b"), (outcome.Kind, outcome.Failure!.Key));
    }

    [Fact]
    public async Task Gather_FailedAndResumedBeforeItLooks_IsFailed()
    {
        var wait = GatherAsync(1);
        _repository.Setup(repository => repository.CountAsync(_caller.Deployment, Nodes, It.IsAny<CancellationToken>()))
            .ReturnsAsync(new KeyCount(
                Head with { Failures = 1, Failed = false, OpenFailure = () => new FailureNote(null, "no disk") }, 0));
        _hub.Publish(new Change(_caller.Deployment, null));

        var outcome = (await wait).Outcome;

        Assert.Equal((OutcomeKind.Failed, "no disk"), (outcome.Kind, outcome.Failure!.Reason));
    }

    private Task<ListOutcome> GatherAsync(int count, KeyPrefix? fail = null) => _deployments.GatherAsync(
        _caller, new KeyBarrier(Nodes, count), withValues: true, new WaitOptions(
            TimeSpan.FromMinutes(1), false, fail, new Waiter(
                Guid.CreateVersion7().ToString(), "test")), CancellationToken.None);

    private DeploymentListing Listing(KeyPrefix prefix)
    {
        _lists++;
        var now = _time.GetUtcNow();
        return new DeploymentListing(
            Head,
            new Deployment(_caller.Deployment, Owner.Anonymous, null, null, now, now, null, 1),
            prefix,
            [.. _listed.Where(
                key => key.StartsWith(
                    prefix.Text, StringComparison.Ordinal)).Select(
                        key => new KeyInfo(key, 1, new EntityTag(1, "m"), now))]);
    }

    private static KeyPrefix Prefix(string text) =>
        KeyPrefix.TryParse(text, out var prefix, out var error) ? prefix : throw new FormatException(error);
}
