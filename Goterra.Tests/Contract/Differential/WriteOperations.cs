using System.Text;
using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Goterra.Core.Model;

namespace Goterra.Tests.Contract.Differential;

/// <summary>On what terms a key is written or removed.</summary>
internal sealed record TermsChoice(
    ProofChoice Proof, ConditionChoice Condition, string? IdempotencyKey, string Credential, FenceChoice? Fence)
{
    public ValueWrite In(StoreSession session, DeploymentState deployment, string key) =>
        new(
            deployment.Id, ValueKey.Parse(key), Proof.In(session, deployment), Condition.In(deployment, key),
            IdempotencyKey)
        {
            Credential = Credential,
            Fence = Fence?.In(deployment),
            Writer = IdempotencyKey is null ? new Writer("al\u00EDce", "192.0.2.1 worker") : null,
        };
}

/// <param name="Value">One byte a character (Latin-1).</param>
internal sealed record Put(int Deployment, string Key, TermsChoice Terms, TimeSpan? Lease, string Value) : Operation
{
    /// <summary>The source of the failure if the lease lapses; null for no switch.</summary>
    public string? Switch { get; init; }

    public override Task<object?> RunAsync(StoreSession session, CancellationToken cancellationToken)
    {
        var write = Terms.In(session, session.Deployment(Deployment), Key) with
        {
            Lease = Lease,
            OnLapse = Switch is null || Lease is null
                ? null
                : new FailureReport(FailureSource.Parse(Switch), "it lapsed", TokenFamily: null),
        };
        return Writes.RunAsync(session, new WriteRequest(write, Encoding.Latin1.GetBytes(Value)), cancellationToken);
    }
}

internal sealed record Remove(int Deployment, string Key, TermsChoice Terms) : Operation
{
    public override Task<object?> RunAsync(StoreSession session, CancellationToken cancellationToken) =>
        Writes.RunAsync(
            session, new WriteRequest(Terms.In(session, session.Deployment(Deployment), Key), Value: null),
            cancellationToken);
}

/// <summary>Repeats an earlier write, as a client does that got no answer.</summary>
/// <param name="Back">0 for the last write, 1 for the one before it.</param>
internal sealed record RepeatWrite(int Back) : Operation
{
    public override Task<object?> RunAsync(StoreSession session, CancellationToken cancellationToken) =>
        session.Writes.Count == 0
        ? Task.FromResult<object?>(null)
        : Writes.RunAsync(session, session.Writes[^(1 + (Back % session.Writes.Count))], cancellationToken);
}

internal static class Writes
{
    public static async Task<object?> RunAsync(
        StoreSession session, WriteRequest request, CancellationToken cancellationToken)
    {
        session.Writes.Add(request);
        var repository = session.Store.Repository;
        var outcome = request.Value is { } value
            ? await repository.PutAsync(request.Write, value, cancellationToken)
            : await repository.RemoveAsync(request.Write, cancellationToken);

        if (outcome is { Kind: OutcomeKind.Done, Tag: { } tag })
            session.Deployments.First(
                deployment => deployment.Id == request.Write.Id).Learn(request.Write.Key.Text, tag);
        return outcome;
    }
}
