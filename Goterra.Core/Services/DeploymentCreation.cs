using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Goterra.Core.Model;
using Goterra.Core.Tokens;

namespace Goterra.Core.Services;

/// <summary>Creates deployments, each with its first token.</summary>
public sealed class DeploymentCreation(
    IDeploymentRepository repository, IUserDirectory users, INamespaceRepository namespaces, TokenIssuer issuer)
{
    /// <returns>Null if the user may not create deployments in the namespace.</returns>
    public async Task<IssuedToken?> CreateAsync(User user, CreationRequest request, CancellationToken cancellationToken)
    {
        if (request.Namespace is not { } name)
            return await CreateAsync(user, request, namespaceEpoch: null, cancellationToken);
        if (!user.IsAdmin
            && await users.GetRoleAsync(user, name, opening: null, cancellationToken) is NamespaceRole.None)
            return null;

        var epoch = await namespaces.GetOrCreateEpochAsync(name, cancellationToken);
        var created = await CreateAsync(user, request, epoch, cancellationToken);

        // If the namespace was revoked after its epoch was read, the copy in the new deployment is outdated.
        if (await namespaces.GetOrCreateEpochAsync(name, cancellationToken) is var current && current != epoch)
            await namespaces.PropagateEpochAsync(name, current, created.Deployment, cancellationToken);
        return created;
    }

    private async Task<IssuedToken> CreateAsync(
        User user, CreationRequest request, string? namespaceEpoch, CancellationToken cancellationToken)
    {
        // An anonymous creator has no other credential to come back with.
        var endsWithItsTokens = request.Lifetime is null && user.Identity == Owner.Anonymous;
        var epoch = TokenIssuer.NewEpoch();
        var deployment = await repository.CreateAsync(
            new NewDeployment(
                DeploymentId.New(),
                user.Identity,
                request.Namespace,
                request.Name,
                epoch,
                LifetimeOf(request, endsWithItsTokens),
                namespaceEpoch,
                endsWithItsTokens),
            cancellationToken);

        var expires = TokenIssuer.ExpiryOf(deployment.Created, issuer.Options.TokenLifetime);
        var grant = new TokenGrant(deployment.Id, user.Identity.Uid, new EpochProof(epoch), Scope.Full, expires);
        return issuer.Issue(grant, deployment.Expires);
    }

    private TimeSpan? LifetimeOf(CreationRequest request, bool endsWithItsTokens)
    {
        var access = issuer.Options;
        var lifetime = request.Lifetime
            ?? (endsWithItsTokens ? access.TokenLifetime : access.DefaultRetention ?? access.MaxRetention);
        return lifetime > access.MaxRetention ? access.MaxRetention : lifetime;
    }
}

/// <param name="Namespace">Null for none.</param>
/// <param name="Name">For display; null for none.</param>
/// <param name="Lifetime">Capped at <see cref="AccessOptions.MaxRetention"/>; null for the configured default. Without
/// one, the deployment of an anonymous creator ends with its last token.</param>
public sealed record CreationRequest(NamespaceName? Namespace, string? Name, TimeSpan? Lifetime);
