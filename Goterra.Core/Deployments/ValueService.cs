using Goterra.Core.Access;
using Goterra.Core.Waiting;

namespace Goterra.Core.Deployments;

/// <summary>Hands values over: reads one, now or as soon as it is there, stores and removes them.</summary>
public sealed class ValueService(IDeploymentRepository repository, WaitLoop waits, Limits limits)
{
    /// <summary>Reads a value.</summary>
    /// <param name="known">Tags that the caller has already, or a single <c>*</c> for any: such a value is <see cref="OutcomeKind.NotModified"/>.</param>
    /// <param name="wait">How long to wait for a key that does not exist or, where tags are known, for a change, of which a removal is one.</param>
    public async Task<ValueOutcome> GetAsync(
        Caller caller, ValueKey key, IReadOnlyList<string> known, TimeSpan wait, CancellationToken cancellationToken)
    {
        if (!caller.MayRead(key))
            return new ValueOutcome(new Outcome(OutcomeKind.OutOfScope));

        var unsettled = known.Count > 0 ? OutcomeKind.NotModified : OutcomeKind.Absent;
        var reading = new Reading<ValueReading>(
            token => repository.ReadAsync(caller.Deployment, key, token),
            read => Judge(caller, read, known).Outcome.Kind != unsettled,
            read => read.Head?.TimeLeft);

        var waited = await waits.ReadAsync(caller, Interest.In(caller.Deployment, key), wait, reading, cancellationToken);
        return waited.End switch
        {
            WaitEnd.CredentialExpired => new ValueOutcome(new Outcome(OutcomeKind.CredentialExpired)),
            WaitEnd.ShuttingDown => new ValueOutcome(new Outcome(OutcomeKind.ShuttingDown)),
            WaitEnd.TooMany => new ValueOutcome(new Outcome(OutcomeKind.TooManyWaits, Limit: waited.Limit)),
            _ => Judge(caller, waited.Last!, known),
        };
    }

    /// <summary>Stores a value.</summary>
    /// <param name="idempotencyKey">See <see cref="ValueWrite"/>.</param>
    public async Task<Outcome> PutAsync(
        Caller caller, ValueKey key, ReadOnlyMemory<byte> value, WriteCondition condition, string? idempotencyKey, CancellationToken cancellationToken)
    {
        if (!caller.MayWrite(key))
            return new Outcome(OutcomeKind.OutOfScope);
        if (value.Length > limits.ValueBytes)
            return new Outcome(OutcomeKind.OverLimit, Limit: new LimitHit("value_bytes", limits.ValueBytes));

        var write = new ValueWrite(caller.Deployment, key, caller.Epoch, condition, idempotencyKey);
        return From(await repository.PutAsync(write, value, cancellationToken), caller, key);
    }

    /// <summary>Removes a value.</summary>
    /// <param name="idempotencyKey">See <see cref="ValueWrite"/>.</param>
    public async Task<Outcome> RemoveAsync(
        Caller caller, ValueKey key, WriteCondition condition, string? idempotencyKey, CancellationToken cancellationToken)
    {
        if (!caller.MayWrite(key))
            return new Outcome(OutcomeKind.OutOfScope);

        var write = new ValueWrite(caller.Deployment, key, caller.Epoch, condition, idempotencyKey);
        return From(await repository.RemoveAsync(write, cancellationToken), caller, key);
    }

    private static ValueOutcome Judge(Caller caller, ValueReading reading, IReadOnlyList<string> known) => reading switch
    {
        { Head: null } => new ValueOutcome(new Outcome(OutcomeKind.Gone)),
        { Head: var head } when head.Epoch != caller.Epoch => new ValueOutcome(new Outcome(OutcomeKind.Revoked)),
        { Value: null } => new ValueOutcome(new Outcome(OutcomeKind.Absent)),
        { Value: var value } when known is ["*"] || known.Contains(value.Tag.ToString()) =>
            new ValueOutcome(new Outcome(OutcomeKind.NotModified, value.Tag)),
        { Value: var value } => new ValueOutcome(new Outcome(OutcomeKind.Done, value.Tag), value),
    };

    private Outcome From(WriteOutcome write, Caller caller, ValueKey key) => write.Status switch
    {
        WriteStatus.Done => new Outcome(OutcomeKind.Done, write.Tag, write.Revision),
        WriteStatus.Gone => new Outcome(OutcomeKind.Gone),
        WriteStatus.Revoked => new Outcome(OutcomeKind.Revoked),
        WriteStatus.Absent => new Outcome(OutcomeKind.Absent),
        // Writing does not imply reading: the tag tells that the key exists.
        WriteStatus.ConditionFailed => new Outcome(OutcomeKind.ConditionFailed, caller.MayRead(key) ? write.Tag : null),
        WriteStatus.TooManyKeys => new Outcome(OutcomeKind.OverLimit, Limit: new LimitHit("keys", limits.Keys)),
        WriteStatus.TooManyBytes => new Outcome(OutcomeKind.OverLimit, Limit: new LimitHit("deployment_bytes", limits.DeploymentBytes)),
        _ => throw new InvalidOperationException($"A write ended with {write.Status}."),
    };
}

/// <summary>The value is there when the outcome is <see cref="OutcomeKind.Done"/>.</summary>
public sealed record ValueOutcome(Outcome Outcome, StoredValue? Value = null);
