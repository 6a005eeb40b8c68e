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
        var query = new Query<TReading>(condition, repository, caller.Deployment, options);
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
        Query<TReading> query, Caller caller, WaitOptions options, CancellationToken cancellationToken)
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

    /// <summary>
    /// The reads of one request, and what they returned last: its condition, and the failure prefix if it has one.
    /// </summary>
    private sealed class Query<TReading>(
        IWaitCondition<TReading> condition, IDeploymentRepository repository, DeploymentId deployment,
        WaitOptions options)
        where TReading : class
    {
        /// <summary>A failure is reported as a value of any length, and is sent to every waiter.</summary>
        private const int MaxReasonLength = 2000;

        private static readonly Task Never = new TaskCompletionSource().Task;

        private TReading? _reading;
        private FailureReading? _failure;
        private long? _failuresBefore;

        public IWaitCondition<TReading> Condition => condition;

        public Watch? Watch { get; set; }

        public Watch? FailureWatch { get; set; }

        public Task Signaled
        {
            get
            {
                var signaled = Watch?.Signal.Task ?? Never;
                return FailureWatch is null ? signaled : Task.WhenAny(signaled, FailureWatch.Signal.Task);
            }
        }

        /// <summary>When the change was noticed that ended the pause; null if the time was up.</summary>
        public long? SignaledAt => Watch is { IsSignaled: true } ? Watch.Signal.SetAt
            : FailureWatch is { IsSignaled: true } ? FailureWatch.Signal.SetAt
            : null;

        /// <summary>Reads for this request alone.</summary>
        public async Task<WaitDecision> ReadAsync(CancellationToken cancellationToken)
        {
            _reading = await condition.ReadAsync(cancellationToken);
            if (options.FailOn is not null)
                _failure = await ReadFailureAsync(cancellationToken);
            return await JudgeAsync(_reading);
        }

        /// <summary>Reads what was signaled, together with all who were woken by the same signal.</summary>
        public async Task<WaitDecision> ReadAgainAsync(CancellationToken cancellationToken)
        {
            // Woken by the timer: the deployment is about to expire, and only the store can tell.
            var signaled = Watch is { IsSignaled: true } || FailureWatch is { IsSignaled: true };
            try
            {
                _reading = Watch is null || !signaled
                    ? await condition.ReadAsync(cancellationToken)
                    : await Watch.ReadAsync(condition.ReadName, condition.ReadAsync, cancellationToken) ?? _reading;
            }
            catch (StoreUnavailableException)
            {
                // The last reading stands until the next signal.
            }

            try
            {
                if (FailureWatch is not null)
                {
                    _failure = signaled
                        ? await FailureWatch.ReadAsync("failure", ReadFailureAsync, cancellationToken) ?? _failure
                        : await ReadFailureAsync(cancellationToken);
                }
            }
            catch (StoreUnavailableException)
            {
                // As above.
            }

            return await JudgeAsync(
                _reading ?? throw new InvalidOperationException("The first read comes before any other."));
        }

        private async Task<WaitDecision> JudgeAsync(TReading reading)
        {
            var decision = await condition.JudgeAsync(reading);
            if (decision is not { IsMet: false, Head: { } head })
                return decision;

            // A failure that was taken back before this read ends the wait too.
            _failuresBefore ??= head.Failures;
            var failure = _failure?.Failure;
            if (failure is null && options.ReportsFailure && (head.Failed || head.Failures > _failuresBefore))
                failure = head.Failure is { } note
                    ? new Failure(note.Reason, null) { Source = note.Source }
                    : new Failure("", null);
            return failure is null
                ? decision
                : new WaitDecision(new Outcome(OutcomeKind.Failed) { Failure = failure }, head, IsMet: true);
        }

        private async Task<FailureReading> ReadFailureAsync(CancellationToken cancellationToken)
        {
            var listing = options.FailOn is { } prefix
                ? await repository.ListAsync(deployment, prefix, cancellationToken)
                : null;
            if (listing is not { Keys: [var first, ..] })
                return new FailureReading(null);

            var values = await repository.LoadAsync(deployment, [first], cancellationToken);
            return new FailureReading(values?.GetValueOrDefault(first.Key)?.AsText() is { } reason
                ? new Failure(reason.Length <= MaxReasonLength ? reason : reason[..MaxReasonLength], first.Key)
                : null);
        }
    }

    private sealed record FailureReading(Failure? Failure);
}
