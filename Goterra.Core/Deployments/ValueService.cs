using Goterra.Core.Access;
using Goterra.Core.Waiting;

namespace Goterra.Core.Deployments;

/// <summary>Reads values, now or as soon as they exist, and stores and removes them.</summary>
public sealed class ValueService(IDeploymentRepository repository, WaitLoop waits, Limits limits)
{
    /// <summary>Reads a value.</summary>
    /// <param name="known">Tags that the caller has, or a single <c>*</c> for any: such a value is <see cref="OutcomeKind.NotModified"/>.</param>
    /// <param name="wait">Waits for a missing key or, with known tags, for a change; a removal is a change.</param>
    public async Task<ValueOutcome> GetAsync(
        Caller caller, ValueKey key, IReadOnlyList<string> known, WaitOptions wait, CancellationToken cancellationToken)
    {
        if (!caller.MayRead(key) || (wait.FailOn is { } prefix && !caller.MayRead(prefix)))
            return new ValueOutcome(new Outcome(OutcomeKind.OutOfScope));

        var condition = new ValueCondition(repository, caller, key, known);
        var outcome = await waits.RunAsync(condition, caller, wait, cancellationToken);
        return new ValueOutcome(outcome, outcome.Kind == OutcomeKind.Done ? condition.Value : null);
    }

    /// <summary>Stores a value.</summary>
    public async Task<Outcome> PutAsync(Caller caller, ValueKey key, ReadOnlyMemory<byte> value, WriteTerms terms, CancellationToken cancellationToken)
    {
        if (!MayWrite(caller, key, terms))
            return new Outcome(OutcomeKind.OutOfScope);
        if (value.Length > limits.ValueBytes)
            return new Outcome(OutcomeKind.OverLimit, Limit: new LimitHit("value_bytes", limits.ValueBytes));

        return From(await repository.PutAsync(Write(caller, key, terms), value, cancellationToken), caller, key);
    }

    /// <summary>Removes a value.</summary>
    public async Task<Outcome> RemoveAsync(Caller caller, ValueKey key, WriteTerms terms, CancellationToken cancellationToken) => MayWrite(caller, key, terms)
        ? From(await repository.RemoveAsync(Write(caller, key, terms), cancellationToken), caller, key)
        : new Outcome(OutcomeKind.OutOfScope);

    // Whether a fence holds reveals something about its key.
    private static bool MayWrite(Caller caller, ValueKey key, WriteTerms terms) =>
        caller.MayWrite(key) && (terms.Fence is not { } fence || caller.MayRead(fence.Key) || caller.MayWrite(fence.Key));

    private static ValueWrite Write(Caller caller, ValueKey key, WriteTerms terms) =>
        new(caller.Deployment, key, caller.Epoch, terms.Condition, terms.IdempotencyKey) { Lease = terms.Lease, Fence = terms.Fence, Credential = caller.Credential };

    private Outcome From(WriteOutcome write, Caller caller, ValueKey key) => write.Status switch
    {
        WriteStatus.Done => new Outcome(OutcomeKind.Done, write.Tag, write.Revision) { Expires = write.Expires },
        WriteStatus.Gone => new Outcome(OutcomeKind.Gone),
        WriteStatus.Revoked => new Outcome(OutcomeKind.Revoked),
        WriteStatus.Absent => new Outcome(OutcomeKind.Absent),
        // Writing does not imply reading: the tag tells that the key exists.
        WriteStatus.ConditionFailed => new Outcome(OutcomeKind.ConditionFailed, caller.MayRead(key) ? write.Tag : null),
        WriteStatus.Leased => new Outcome(OutcomeKind.Leased) { Expires = write.Expires },
        WriteStatus.FenceLost => new Outcome(OutcomeKind.FenceLost),
        WriteStatus.IdempotencyKeyReused => new Outcome(OutcomeKind.IdempotencyKeyReused),
        WriteStatus.TooManyKeys => new Outcome(OutcomeKind.OverLimit, Limit: new LimitHit("keys", limits.Keys)),
        WriteStatus.TooManyBytes => new Outcome(OutcomeKind.OverLimit, Limit: new LimitHit("deployment_bytes", limits.DeploymentBytes)),
        _ => throw new InvalidOperationException($"A write ended with {write.Status}."),
    };

    /// <summary>Met by a value that the caller does not have.</summary>
    private sealed class ValueCondition(
        IDeploymentRepository repository, Caller caller, ValueKey key, IReadOnlyList<string> known) : IWaitCondition<ValueReading>
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

            var same = known is ["*"] || known.Contains(value.Tag.ToString());
            return new WaitDecision(new Outcome(same ? OutcomeKind.NotModified : OutcomeKind.Done, value.Tag), reading.Head, IsMet: !same);
        }
    }
}

/// <summary>The value is set if the outcome is <see cref="OutcomeKind.Done"/>.</summary>
public sealed record ValueOutcome(Outcome Outcome, StoredValue? Value = null);
