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
    private const int Rounds = 3_000;
    private const int Waiters = 3;
    private const int Changes = 4;

    private readonly FakeTimeProvider _time = new();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Publish_WhileWatchesComeAndGo_LosesNoWakeUp(bool prefix)
    {
        using var hub = new ChangeHub(new Limits(), _time);
        DeploymentId[] deployments = [DeploymentId.New(), DeploymentId.New()];
        var values = new int[deployments.Length];
        var lost = 0;
        using var start = new Barrier(deployments.Length * (Waiters + 1) + 1);

        void Write(int at)
        {
            for (var round = 0; round < Rounds; round++)
            {
                start.SignalAndWait();
                for (var i = 0; i < Changes; i++)
                {
                    Interlocked.Increment(ref values[at]);
                    hub.Publish(new Change(deployments[at], "key"));
                }

                start.SignalAndWait();
            }
        }

        void Wait(int at)
        {
            for (var round = 0; round < Rounds; round++)
            {
                start.SignalAndWait();
                var last = (round + 1) * Changes;
                var interest = new Interest(deployments[at], "key", prefix);
                hub.ArmUncounted(interest).Dispose();
                Assert.True(hub.TryArm(interest, "network", out var watch, out _));
                var read = Volatile.Read(ref values[at]);
                for (var i = 0; i < Changes && read < last; i++)
                {
                    if (!watch.IsSignaled)
                        continue;
                    watch.Signal = watch.Signal.Next;
                    read = Volatile.Read(ref values[at]);
                }

                start.SignalAndWait();
                if (read < last && !watch.IsSignaled)
                    Interlocked.Increment(ref lost);
                watch.Dispose();
            }
        }

        // A round takes 10 to 20 s of the clock: rechecks happen while watches come and go.
        void Recheck()
        {
            for (var round = 0; round < Rounds; round++)
            {
                start.SignalAndWait();
                _time.Advance(TimeSpan.FromSeconds(10));
                start.SignalAndWait();
            }
        }

        var actions = deployments.SelectMany((_, at) =>
            Enumerable.Repeat(() => Wait(at), Waiters).Prepend(() => Write(at))).Append(Recheck);
        RunAll([.. actions]);

        Assert.Equal(0, lost);
        Assert.Equal((0, 0, 0), (hub.Waits, hub.Watches, hub.Deployments));
    }

    private static void RunAll(IReadOnlyList<Action> actions)
    {
        var threads = actions.Select(action => new Thread(() => action())).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
    }
}
