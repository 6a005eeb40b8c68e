using System.Collections.Concurrent;
using Goterra.Core.Model;
using Goterra.Core.Waiting;
using Microsoft.Extensions.Time.Testing;

namespace Goterra.Tests.Unit.Waiting;

/// <summary>
/// Threads that arm, publish and leave on a few deployments. Whoever has not read the last value once all changes are
/// published must have a signal: otherwise it would wait for the recheck.
/// </summary>
[Trait("Category", "Unit")]
public sealed class ChangeHubStressTests
{
    private const int Rounds = 2_000;
    private const int Waiters = 3;
    private const int Changes = 20;
    private const int Arrivals = 5;

    private readonly FakeTimeProvider _time = new();
    private readonly DeploymentId[] _deployments = [DeploymentId.New(), DeploymentId.New()];
    private readonly int[] _values = new int[2];
    private readonly Barrier _step = new(2 * (Waiters + 1) + 1);
    private readonly ChangeHub _hub;
    private int _lost;

    public ChangeHubStressTests() => _hub = new ChangeHub(new Limits(), _time);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Publish_WhileWatchesComeAndGo_LosesNoWakeUp(bool prefix)
    {
        var actions = new List<Action> { () => Repeat(() => _time.Advance(TimeSpan.FromSeconds(10)), () => { }) };
        for (var at = 0; at < _deployments.Length; at++)
        {
            var deployment = at;
            var interest = new Interest(_deployments[at], "key", prefix);
            actions.Add(() => Repeat(() => Publish(deployment, Changes), () => Publish(deployment, 1)));
            actions.AddRange(Enumerable.Repeat(() => Wait(deployment, interest), Waiters));
        }

        Assert.Empty(RunAll(actions));
        Assert.Equal(0, _lost);
        Assert.Equal((0, 0, 0), (_hub.Waits, _hub.Watches, _hub.Deployments));
    }

    private void Repeat(Action atOnce, Action last)
    {
        for (var round = 0; round < Rounds; round++)
        {
            _step.SignalAndWait();
            atOnce();
            _step.SignalAndWait();
            _step.SignalAndWait();
            last();
            _step.SignalAndWait();
        }
    }

    private void Publish(int at, int changes)
    {
        for (var i = 0; i < changes; i++)
        {
            Interlocked.Increment(ref _values[at]);
            _hub.Publish(new Change(_deployments[at], "key"));
        }
    }

    private void Wait(int at, Interest interest)
    {
        for (var round = 0; round < Rounds; round++)
        {
            _step.SignalAndWait();
            for (var i = 0; i < Arrivals; i++)
                _hub.ArmUncounted(interest).Dispose();
            Assert.True(_hub.TryArm(interest, "network", out var watch, out _));
            var read = Volatile.Read(ref _values[at]);

            // Nothing happens now.
            _step.SignalAndWait();
            if (read < Volatile.Read(ref _values[at]) && !watch.IsSignaled)
                Interlocked.Increment(ref _lost);
            while (watch.IsSignaled)
                watch.Signal = watch.Signal.Next;

            // One change.
            _step.SignalAndWait();
            _step.SignalAndWait();
            if (!watch.IsSignaled)
                Interlocked.Increment(ref _lost);
            watch.Dispose();
        }
    }

    /// <returns>What the threads threw.</returns>
    private ConcurrentQueue<Exception> RunAll(List<Action> actions)
    {
        var thrown = new ConcurrentQueue<Exception>();
        var threads = actions.Select(action => new Thread(() =>
        {
            try
            {
                action();
            }
            catch (Exception e)
            {
                thrown.Enqueue(e);
                _step.RemoveParticipant();
            }
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        return thrown;
    }
}
