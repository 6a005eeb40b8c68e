using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Goterra.Core.Model;

namespace Goterra.Core.Waiting;

/// <summary>
/// The loop behind every wait: arm the watch, read, wait, read again. The watch is armed, and its changes subscribed
/// to, before the first read, so a change between the two is noticed. A signal is only a hint: every outcome comes from
/// a read that began after it.
/// </summary>
/// <remarks>
/// Checked in this order: deployment gone or credential revoked, condition met, deployment failed, time up. A request
/// that does not wait reads once.
/// </remarks>
public sealed class WaitLoop(
    IDeploymentRepository repository, ChangeHub hub, WaitRegistry registry, Limits limits, TimeProvider time)
{
    /// <summary>Reads until the condition is met, or something else ends the wait.</summary>
    /// <exception cref="StoreUnavailableException">The first read failed, or the last one after the time was up. A
    /// failed read in between does not end the wait: the store may be back in time.</exception>
    internal async Task<Outcome> RunAsync<TReading>(
        IWaitCondition<TReading> condition, Caller caller, WaitOptions options, CancellationToken cancellationToken)
        where TReading : class
    {
        var query = new WaitQuery<TReading>(condition, repository, caller.Deployment, options);
        if (options.Time <= TimeSpan.Zero)
            return (await query.ReadAsync(cancellationToken)).Outcome;

        if (!hub.TryArm(condition.Interest, options.Waiter.Network, out var armed, out var limit))
        {
            // One wait too many. A request whose condition is met already succeeds all the same.
            var decision = await query.ReadAsync(cancellationToken);
            return decision.IsMet ? decision.Outcome : new Outcome(OutcomeKind.TooManyWaits) { Limit = limit };
        }

        using var watch = armed;
        using var failureWatch = options.FailOn is { } prefix
            ? hub.ArmUncounted(Interest.In(caller.Deployment, prefix))
            : null;
        query.Watch = watch;
        query.FailureWatch = failureWatch;
        await watch.WaitForSubscriptionAsync(options.Time, time, cancellationToken);
        return await WaitAsync(query, caller, options, cancellationToken);
    }

    private async Task<Outcome> WaitAsync<TReading>(
        WaitQuery<TReading> query, Caller caller, WaitOptions options, CancellationToken cancellationToken)
        where TReading : class
    {
        var start = time.GetTimestamp();
        var duration = options.Time < limits.MaxWait ? options.Time : limits.MaxWait;
        WaitRegistration? registration = null;
        Outcome? outcome = null;
        var decision = await query.ReadAsync(cancellationToken);
        try
        {
            while (!decision.IsMet)
            {
                if (query.Watch is { IsOver: true })
                    return outcome = new Outcome(OutcomeKind.ShuttingDown);
                if (caller.Epoch.Expires is null && time.GetUtcNow() >= caller.Expires)
                    return outcome = new Outcome(OutcomeKind.CredentialExpired);

                var left = duration - time.GetElapsedTime(start);
                if (left <= TimeSpan.Zero)
                {
                    if (registration is not null)
                        decision = await query.ReadAsync(cancellationToken);
                    break;
                }

                var credential = DeploymentHead.CredentialLeft(decision.Head, caller, time.GetUtcNow());
                registration ??= registry.Register(
                    query.Condition.Interest, query.Condition.Count,
                    options.Waiter with { TokenFamily = caller.TokenFamily },
                    time.GetUtcNow() + Shortest(
                        options.Waiter.Left is { } more && more > left ? more : left, credential,
                        decision.Head?.TimeLeft));

                // Does not throw when the time is up or the client hangs up: if thousands of waits end together, as
                // when a network goes down, the process would be busy with exceptions for seconds.
                await query.Signaled
                    .WaitAsync(Shortest(left, credential, decision.Head?.TimeLeft), time, cancellationToken)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (cancellationToken.IsCancellationRequested)
                    return outcome = new Outcome(OutcomeKind.Abandoned);
                var signaledAt = query.SignaledAt;
                decision = await query.ReadAgainAsync(cancellationToken);
                if (decision.IsMet && signaledAt is { } at)
                    registry.RecordWakeUp(time.GetElapsedTime(at));
            }

            return outcome = decision.Outcome;
        }
        finally
        {
            registration?.Leave(ResultOf(outcome, decision.IsMet, cancellationToken));
        }
    }

    private static TimeSpan Shortest(TimeSpan wait, TimeSpan credential, TimeSpan? deployment)
    {
        var shortest = wait < credential ? wait : credential;
        if (deployment < shortest)
            shortest = deployment.Value;

        // At least a millisecond: the clocks of store and process need not agree to the tick.
        return shortest > TimeSpan.FromMilliseconds(1) ? shortest : TimeSpan.FromMilliseconds(1);
    }

    private static WaitResult ResultOf(
        Outcome? outcome, bool met, CancellationToken cancellationToken) => outcome?.Kind switch
        {
            OutcomeKind.Failed => WaitResult.Failed,
            OutcomeKind.Gone => WaitResult.Gone,
            OutcomeKind.Revoked or OutcomeKind.CredentialExpired => WaitResult.Unauthorized,
            OutcomeKind.Abandoned => WaitResult.Left,
            null when cancellationToken.IsCancellationRequested => WaitResult.Left,
            null or OutcomeKind.ShuttingDown => WaitResult.Interrupted,
            _ => met ? WaitResult.Met : WaitResult.TimedOut,
        };
}
