using Goterra.Core.Deployments;
using Goterra.Core.Model;

namespace Goterra.Tests.Contract.Differential;

/// <summary>
/// Creates a deployment with the epoch of its namespace, as the server does. No two have the same time of creation, so
/// that lists have one order.
/// </summary>
/// <param name="Owner">See <see cref="SequenceNames.Owner"/>.</param>
internal sealed record Create(
    int Owner, int? Namespace, TimeSpan? Lifetime, bool EndsWithItsTokens, string? Name) : Operation
{
    public override TimeSpan Delay => TimeSpan.FromSeconds(1);

    public override async Task<object?> RunAsync(StoreSession session, CancellationToken cancellationToken)
    {
        var ordinal = session.Deployments.Count;
        var name = Namespace is { } index ? session.Names.Namespace(index) : null;
        var ofNamespace = name is null
            ? null
            : session.Learn(name, await session.Store.Namespaces.GetOrCreateEpochAsync(name, cancellationToken));
        var deployment = new NewDeployment(
            session.Names.Id(ordinal), session.Names.Owner(Owner), name, Name, $"e{ordinal}-0", Lifetime, ofNamespace,
            EndsWithItsTokens && Lifetime is not null);
        var created = await session.Store.Repository.CreateAsync(deployment, cancellationToken);
        session.Deployments.Add(
            new DeploymentState(created.Id, name, created.Created, created.Expires, deployment.Epoch));
        return created;
    }
}

/// <summary>Creates a deployment under one of few idempotency keys.</summary>
internal sealed record CreateOnce(int Owner, TimeSpan? Lifetime, string? Name, int Key) : Operation
{
    public override TimeSpan Delay => TimeSpan.FromSeconds(1);

    public override async Task<object?> RunAsync(StoreSession session, CancellationToken cancellationToken)
    {
        var ordinal = session.Deployments.Count;
        var deployment = new NewDeployment(
            session.Names.Id(ordinal), session.Names.Owner(Owner), null, Name, $"e{ordinal}-0", Lifetime);
        var result = await session.Store.Repository.CreateOnceAsync(
            deployment, new CreationKey(session.Names.Key(Key)), cancellationToken);
        if (result.Created is { } created)
            session.Deployments.Add(
                new DeploymentState(created.Id, null, created.Created, created.Expires, deployment.Epoch));
        return result;
    }
}

internal sealed record Find(int Deployment) : Operation
{
    public override async Task<object?> RunAsync(StoreSession session, CancellationToken cancellationToken) =>
        await session.Store.Repository.FindAsync(session.Deployment(Deployment).Id, cancellationToken);
}

/// <param name="Family">The reporter's token family; null for a full credential.</param>
internal sealed record Fail(
    int Deployment, ProofChoice Proof, string? Source, string Reason, string? Family) : Operation
{
    public override async Task<object?> RunAsync(StoreSession session, CancellationToken cancellationToken)
    {
        var deployment = session.Deployment(Deployment);
        return await session.Store.Repository.FailAsync(
            deployment.Id,
            Proof.In(session, deployment),
            new FailureReport(Source is null ? null : FailureSource.Parse(Source), Reason, Family),
            cancellationToken);
    }
}

internal sealed record Resume(int Deployment, ProofChoice Proof, string? Source, string? Family) : Operation
{
    public override async Task<object?> RunAsync(StoreSession session, CancellationToken cancellationToken)
    {
        var deployment = session.Deployment(Deployment);
        return await session.Store.Repository.ResumeAsync(
            deployment.Id,
            Proof.In(session, deployment),
            new Resumption(
                Source is null ? null : FailureSource.Parse(Source), Source is null ? null : Family),
            cancellationToken);
    }
}

internal sealed record Delete(int Deployment, ProofChoice Proof) : Operation
{
    public override async Task<object?> RunAsync(StoreSession session, CancellationToken cancellationToken)
    {
        var deployment = session.Deployment(Deployment);
        var status = await session.Store.Repository.DeleteAsync(
            deployment.Id, Proof.In(session, deployment), cancellationToken);
        deployment.IsDeleted |= status == OutcomeKind.Done;
        return status;
    }
}

/// <summary>
/// A store may end leases that it sweeps together in any order: their events are compared in the order of keys.
/// </summary>
internal sealed record ReadEvents(int Deployment, long? After) : Operation
{
    public override async Task<object?> RunAsync(StoreSession session, CancellationToken cancellationToken)
    {
        var reading = await session.Store.Repository.ReadEventsAsync(
            session.Deployment(Deployment).Id, After, cancellationToken);
        var events = reading.Events.ToArray();
        for (int first = 0, end; first < events.Length; first = end)
        {
            end = first + 1;
            while (end < events.Length && AreSwept(events[first], events[end]))
                end++;
            var keys = events[first..end].Select(ended => ended.Key).Order(StringComparer.Ordinal).ToList();
            for (var at = first; at < end; at++)
                events[at] = events[at] with { Key = keys[at - first] };
        }

        return reading with { Events = events };
    }

    private static bool AreSwept(DeploymentEvent one, DeploymentEvent next) =>
        one.Type == EventType.Expired && next.Type == EventType.Expired && one.Time == next.Time;
}
