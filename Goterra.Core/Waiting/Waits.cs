using Goterra.Core.Access;
using Goterra.Core.Deployments;

namespace Goterra.Core.Waiting;

/// <summary>Reads and, if so wished, waits: arms what must be watched, keeps the waiting list, and decides in the order that is promised.</summary>
public sealed class Waits(IDeploymentRepository repository, ChangeHub hub, WaitingList list, Limits limits, TimeProvider clock)
{
    /// <summary>A value may be long, and goes to everybody who waits.</summary>
    private const int LongestReason = 2000;

    private readonly WaitLoop _loop = new(hub, clock);

    /// <summary>Reads until it is met, or something else ends the wait.</summary>
    /// <param name="count">How many keys are waited for, where <paramref name="interest"/> is a prefix.</param>
    /// <param name="judge">What a reading comes to; <see cref="Verdict.Met"/> ends the wait.</param>
    internal async Task<Outcome> ReadAsync<T>(
        Caller caller,
        Interest interest,
        int? count,
        WaitOptions options,
        Func<CancellationToken, Task<T>> read,
        Func<T, Task<Verdict>> judge,
        CancellationToken cancellationToken)
        where T : class
    {
        if (options is { Time.Ticks: <= 0, FailOn: null })
            return await ReadOnceAsync(options, read, judge, cancellationToken);

        Watch? watch = null;
        LimitHit? limit = null;
        if (options.Time > TimeSpan.Zero)
            hub.TryArm(interest, out watch, out limit);

        // One wait too many: what there is to say at once is said, and only then that it may not wait.
        var time = watch is null ? TimeSpan.Zero : options.Time;

        using var main = new WatchedRead<T>(watch, read);
        using var failing = options.FailOn is { } prefix ? FailureRead(caller, prefix, isWait: watch is not null) : null;
        WaitingSeat? seat = null;
        Outcome? outcome = null;
        var verdict = new Verdict(Outcome.Done, null, Met: false);
        long? failuresBefore = null;
        try
        {
            var end = await _loop.RunAsync(
                caller,
                time < limits.MaxWait ? time : limits.MaxWait,
                failing is null ? [main] : [main, failing],
                SettledAsync,
                () => verdict.Head?.TimeLeft,
                () => seat = list.Enter(interest, count, options.Waiter with { Line = caller.Line }),
                cancellationToken);
            return outcome = end switch
            {
                WaitEnd.CredentialExpired => new Outcome(OutcomeKind.CredentialExpired),
                WaitEnd.ShuttingDown => new Outcome(OutcomeKind.ShuttingDown),
                WaitEnd.Abandoned => new Outcome(OutcomeKind.Abandoned),
                _ when limit is not null && !verdict.Met => new Outcome(OutcomeKind.TooManyWaits, Limit: limit),
                _ => verdict.Outcome,
            };
        }
        finally
        {
            seat?.Leave(Result(outcome, verdict.Met, cancellationToken));
        }

        async Task<bool> SettledAsync()
        {
            verdict = await judge(main.Last);
            if (verdict is { Met: false, Head: { } head })
            {
                failuresBefore ??= head.Failures;
                if (FailureIn(failing?.Last, head, options, failuresBefore.Value) is { } failure)
                    verdict = new Verdict(new Outcome(OutcomeKind.Failed, Failure: failure), head, Met: true);
            }

            return verdict.Met;
        }
    }

    // Most reads wait for nothing: they pay for nothing that waiting needs.
    private static async Task<Outcome> ReadOnceAsync<T>(
        WaitOptions options, Func<CancellationToken, Task<T>> read, Func<T, Task<Verdict>> judge, CancellationToken cancellationToken)
    {
        var verdict = await judge(await read(cancellationToken));
        return verdict is { Met: false, Head: { } head } && FailureIn(told: null, head, options, head.Failures) is { } failure
            ? new Outcome(OutcomeKind.Failed, Failure: failure)
            : verdict.Outcome;
    }

    private WatchedRead<FirstValue> FailureRead(Caller caller, KeyPrefix prefix, bool isWait) => new(
        isWait ? hub.ArmBeside(Interest.In(caller.Deployment, prefix)) : null,
        async cancellationToken =>
        {
            var listing = await repository.ListAsync(caller.Deployment, prefix, cancellationToken);
            if (listing is not { Keys: [var first, ..] })
                return new FirstValue(null, null);

            var values = await repository.LoadAsync(caller.Deployment, [first], cancellationToken);
            return new FirstValue(first.Key, values?.GetValueOrDefault(first.Key));
        });

    private static Failure? FailureIn(FirstValue? told, DeploymentHead head, WaitOptions options, long failuresBefore)
    {
        if (told is { Key: { } key, Value: { } value })
            return new Failure(Cut(value.AsText()), key);
        return options.MindsFailure && (head.Failed || head.Failures > failuresBefore) ? new Failure(head.Reason ?? "", null) : null;
    }

    private static WaitResult Result(Outcome? outcome, bool met, CancellationToken cancellationToken) => outcome?.Kind switch
    {
        OutcomeKind.Failed => WaitResult.Failed,
        OutcomeKind.Gone => WaitResult.Gone,
        OutcomeKind.Revoked or OutcomeKind.CredentialExpired => WaitResult.Unauthorized,
        OutcomeKind.Abandoned => WaitResult.Left,
        null when cancellationToken.IsCancellationRequested => WaitResult.Left,
        null or OutcomeKind.ShuttingDown => WaitResult.Interrupted,
        _ => met ? WaitResult.Met : WaitResult.TimedOut,
    };

    private static string Cut(string reason) => reason.Length <= LongestReason ? reason : reason[..LongestReason];

    private sealed record FirstValue(string? Key, StoredValue? Value);
}

/// <summary>What a reading comes to.</summary>
/// <param name="Head">Null where the deployment doesn't live.</param>
/// <param name="Met">There is nothing more to wait for.</param>
internal readonly record struct Verdict(Outcome Outcome, DeploymentHead? Head, bool Met)
{
    /// <summary>What speaks against any answer: the deployment is gone, or the credential no longer counts.</summary>
    public static Verdict? Against(Caller caller, DeploymentHead? head) => head switch
    {
        null => new Verdict(new Outcome(OutcomeKind.Gone), null, Met: true),
        _ when !caller.Epoch.HoldsIn(head) => new Verdict(new Outcome(OutcomeKind.Revoked), head, Met: true),
        _ => null,
    };
}
