using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Goterra.Core.Model;
using Goterra.Core.Waiting;

namespace Goterra.Core.Services;

/// <summary>Reads values, now or as soon as they exist, and stores and removes them.</summary>
public sealed class ValueService(IDeploymentRepository repository, WaitLoop waits, Limits limits)
{
    /// <summary>Reads a value.</summary>
    /// <param name="known">Tags that the caller has, or a single <c>*</c> for any: such a value is
    /// <see cref="OutcomeKind.NotModified"/>.</param>
    /// <param name="wait">Waits for a missing key or, with known tags, for a change; a removal is a change.</param>
    public async Task<ValueOutcome> GetAsync(
        Caller caller, ValueKey key, IReadOnlyList<string> known, WaitOptions wait, CancellationToken cancellationToken)
    {
        if (!caller.MayRead(key) || (wait.FailOn is { } prefix && !caller.MayRead(prefix)))
            return new ValueOutcome(new Outcome(OutcomeKind.OutOfScope));

        var condition = new ValueCondition(repository, caller, key, known);
        var outcome = await waits.RunAsync(condition, caller, wait, cancellationToken);
        if (outcome.Kind == OutcomeKind.Absent && known.Count == 0 && wait.Time > TimeSpan.Zero)
        {
            var keys = await repository.ListReadableAsync(caller, cancellationToken);
            outcome = outcome with { Nearest = Hints.NearestKey(key.Text, keys) };
        }

        return new ValueOutcome(outcome, outcome.Kind == OutcomeKind.Done ? condition.Value : null);
    }

    /// <summary>Stores a value.</summary>
    public async Task<Outcome> PutAsync(
        Caller caller, ValueWrite write, ReadOnlyMemory<byte> value, CancellationToken cancellationToken)
    {
        if (!MayWrite(caller, write) || (write.OnLapse is not null && !caller.Scope.Fails))
            return new Outcome(OutcomeKind.OutOfScope);
        return value.Length <= limits.ValueBytes
            ? Restrict(await repository.PutAsync(write, value, cancellationToken), caller, write)
            : OverLimit("value_bytes", limits.ValueBytes);
    }

    /// <summary>Removes a value.</summary>
    public async Task<Outcome> RemoveAsync(Caller caller, ValueWrite write, CancellationToken cancellationToken) =>
        MayWrite(caller, write)
        ? Restrict(await repository.RemoveAsync(write, cancellationToken), caller, write)
        : new Outcome(OutcomeKind.OutOfScope);

    // Whether a fence holds reveals something about its key.
    private static bool MayWrite(Caller caller, ValueWrite write) =>
        write.Id == caller.Deployment && write.Epoch == caller.Epoch && caller.MayWrite(write.Key)
        && (write.Fence is not { } fence || caller.MayRead(fence.Key) || caller.MayWrite(fence.Key));

    private Outcome Restrict(Outcome outcome, Caller caller, ValueWrite write) => outcome.Kind switch
    {
        // Writing does not imply reading: the tag reveals that the key exists.
        OutcomeKind.ConditionFailed when !caller.MayRead(write.Key) => outcome with { Tag = null, Revision = 0 },
        OutcomeKind.CredentialExpired => outcome with { Expires = caller.Epoch.Expires },
        OutcomeKind.TooManyKeys => OverLimit("keys", limits.Keys),
        OutcomeKind.TooManyBytes => OverLimit("deployment_bytes", limits.DeploymentBytes),
        _ => outcome.For(caller),
    };

    private static Outcome OverLimit(string name, long value) =>
        new(OutcomeKind.OverLimit) { Limit = new LimitHit(name, value) };

    /// <summary>Met by a value that the caller does not have.</summary>
    private sealed class ValueCondition(
        IDeploymentRepository repository, Caller caller, ValueKey key,
        IReadOnlyList<string> known) : IWaitCondition<ValueReading>
    {
        public StoredValue? Value { get; private set; }

        public Interest Interest => Interest.In(caller.Deployment, key);

        public int? Count => null;

        public string ReadName => "value";

        public Task<ValueReading> ReadAsync(CancellationToken cancellationToken) =>
            repository.ReadAsync(caller.Deployment, key, cancellationToken);

        public ValueTask<WaitDecision> JudgeAsync(ValueReading reading)
        {
            Value = reading.Value;
            return ValueTask.FromResult(Judge(reading));
        }

        private WaitDecision Judge(ValueReading reading)
        {
            if (DeploymentHead.Deny(reading.Head, caller) is { } denied)
                return new WaitDecision(denied, reading.Head, IsMet: true);
            if (reading.Value is not { } value)
                return new WaitDecision(new Outcome(OutcomeKind.Absent), reading.Head, IsMet: known.Count > 0);

            var same = known is ["*"] || known.Any(value.Tag.Matches);
            return new WaitDecision(
                new Outcome(same ? OutcomeKind.NotModified : OutcomeKind.Done, caller.Show(value.Tag)),
                reading.Head,
                IsMet: !same);
        }
    }
}

/// <summary>The value is set if the outcome is <see cref="OutcomeKind.Done"/>.</summary>
public sealed record ValueOutcome(Outcome Outcome, StoredValue? Value = null);
