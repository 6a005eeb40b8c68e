using Goterra.Core.Access;
using Goterra.Core.Waiting;

namespace Goterra.Core.Deployments;

/// <summary>Hands values over: reads one, now or as soon as it is there, stores and removes them.</summary>
public sealed class ValueService(IDeploymentRepository repository, Waits waits, Limits limits)
{
    /// <summary>Reads a value.</summary>
    /// <param name="known">Tags that the caller has already, or a single <c>*</c> for any: such a value is <see cref="OutcomeKind.NotModified"/>.</param>
    /// <param name="wait">Waits for a key that does not exist or, where tags are known, for a change, of which a removal is one.</param>
    public async Task<ValueOutcome> GetAsync(
        Caller caller, ValueKey key, IReadOnlyList<string> known, WaitOptions wait, CancellationToken cancellationToken)
    {
        if (!caller.MayRead(key) || (wait.FailOn is { } prefix && !caller.MayRead(prefix)))
            return new ValueOutcome(new Outcome(OutcomeKind.OutOfScope));

        StoredValue? value = null;
        var outcome = await waits.ReadAsync(
            caller,
            Interest.In(caller.Deployment, key),
            count: null,
            wait,
            token => repository.ReadAsync(caller.Deployment, key, token),
            reading =>
            {
                value = reading.Value;
                return Task.FromResult(Judge(caller, reading, known));
            },
            cancellationToken);
        return new ValueOutcome(outcome, outcome.Kind == OutcomeKind.Done ? value : null);
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

    // Whether a fence holds tells something of its key.
    private static bool MayWrite(Caller caller, ValueKey key, WriteTerms terms) =>
        caller.MayWrite(key) && (terms.Fence is not { } fence || caller.MayRead(fence.Key) || caller.MayWrite(fence.Key));

    private static ValueWrite Write(Caller caller, ValueKey key, WriteTerms terms) =>
        new(caller.Deployment, key, caller.Epoch, terms.Condition, terms.IdempotencyKey) { Lease = terms.Lease, Fence = terms.Fence, Credential = caller.Credential };

    private static Verdict Judge(Caller caller, ValueReading reading, IReadOnlyList<string> known)
    {
        if (Verdict.Against(caller, reading.Head) is { } against)
            return against;
        if (reading.Value is not { } value)
            return new Verdict(new Outcome(OutcomeKind.Absent), reading.Head, Met: known.Count > 0);

        var same = known is ["*"] || known.Contains(value.Tag.ToString());
        return new Verdict(new Outcome(same ? OutcomeKind.NotModified : OutcomeKind.Done, value.Tag), reading.Head, Met: !same);
    }

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
}

/// <summary>The value is there when the outcome is <see cref="OutcomeKind.Done"/>.</summary>
public sealed record ValueOutcome(Outcome Outcome, StoredValue? Value = null);
