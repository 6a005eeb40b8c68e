using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Goterra.Core.Tokens;

namespace Goterra.Tests.Contract.Differential;

/// <summary>
/// The 7 days of a deployment that expired begin when the store sweeps it: after them, a store may know its owner or
/// not.
/// </summary>
internal sealed record FindOwnership(int Deployment) : Operation
{
    public override async Task<object?> RunAsync(StoreSession session, CancellationToken cancellationToken)
    {
        var deployment = session.Deployment(Deployment);
        var ownership = await session.Store.Access.FindOwnershipAsync(deployment.Id, cancellationToken);
        if (ownership is not { Lives: true } && deployment.MayBeForgotten(session.Now))
            return "over";
        return ownership is { Lives: false } ? ownership with { NamespaceEpoch = null } : ownership;
    }
}

/// <param name="Revokes">Replaces the deployment's epoch.</param>
internal sealed record Mint(
    int Deployment,
    ProofChoice Proof,
    TimeSpan Lifetime,
    TimeSpan? Window,
    TimeSpan? CallerLeft,
    bool Revokes) : Operation
{
    public override async Task<object?> RunAsync(StoreSession session, CancellationToken cancellationToken)
    {
        var deployment = session.Deployment(Deployment);
        var newEpoch = Revokes ? $"{deployment.Epochs[0]}.{deployment.Epochs.Count}" : null;
        var request = new MintRequest(
            deployment.Id, Proof.In(session, deployment), Lifetime, Window, CallerLeft, newEpoch, new SecurityNote(
                "alice", "192.0.2.1"));
        var minting = await session.Store.Access.MintAsync(request, cancellationToken);
        if (minting.Status == OutcomeKind.Done)
        {
            deployment.Expires = minting.DeploymentExpires;
            if (newEpoch is not null)
                deployment.Epochs.Add(newEpoch);
        }

        return minting;
    }
}

/// <summary>Compared only while the deployment lives: a store may keep them until it sweeps.</summary>
internal sealed record ReadSecurityEvents(int Deployment) : Operation
{
    public override async Task<object?> RunAsync(StoreSession session, CancellationToken cancellationToken)
    {
        var deployment = session.Deployment(Deployment);
        var events = await session.Store.Access.ListSecurityEventsAsync(deployment.Id, cancellationToken);
        return deployment.Lives(session.Now) ? events : null;
    }
}
