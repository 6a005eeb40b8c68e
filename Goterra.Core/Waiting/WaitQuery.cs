using Goterra.Core.Deployments;
using Goterra.Core.Model;

namespace Goterra.Core.Waiting;

/// <summary>
/// The reads of one request, and what they returned last: its condition, and the failure prefix if it has one.
/// </summary>
internal sealed class WaitQuery<TReading>(
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

/// <summary>Not nested: waits for different things share the read of a failure.</summary>
internal sealed record FailureReading(Failure? Failure);
