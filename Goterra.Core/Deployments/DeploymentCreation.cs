using Goterra.Core.Access;

namespace Goterra.Core.Deployments;

/// <summary>Makes deployments, for users who may, and the first token of each.</summary>
public sealed class DeploymentCreation(
    IDeploymentRepository repository, INamespaceRepository namespaces, IDeploymentTokens tokens, AccessOptions access, TimeProvider time)
{
    /// <param name="name">The namespace to make it in; the caller has checked that the user may.</param>
    /// <param name="title">For people; null for none.</param>
    /// <param name="lifetime">How long the deployment shall live, at most <see cref="AccessOptions.LongestRetention"/>; null for what the configuration says:
    /// until it is deleted, unless that sets something else. That of an anonymous creator ends with its last token, since there is no other credential to
    /// come back with.</param>
    public async Task<CreatedDeployment> CreateAsync(
        User user, NamespaceName? name, string? title, TimeSpan? lifetime, CancellationToken cancellationToken)
    {
        var endsWithItsTokens = lifetime is null && user.Identity == Owner.Anonymous;
        lifetime ??= endsWithItsTokens ? access.TokenLifetime : access.DefaultRetention ?? access.LongestRetention;
        if (lifetime > access.LongestRetention)
            lifetime = access.LongestRetention;

        var epoch = TokenService.NewEpoch();
        var ofNamespace = name is null ? null : await namespaces.OpenAsync(name, cancellationToken);
        var deployment = await repository.CreateAsync(
            new NewDeployment(DeploymentId.New(), user.Identity, name, title, epoch, lifetime, ofNamespace, endsWithItsTokens), cancellationToken);

        // Had the namespace been revoked since its epoch was read, the copy in the new deployment would be an old one.
        if (name is not null && await namespaces.OpenAsync(name, cancellationToken) is var now && now != ofNamespace)
            await namespaces.BringAsync(name, now, deployment.Id, cancellationToken);

        var expires = TokenService.WholeSeconds(time.GetUtcNow() + access.TokenLifetime);
        var grant = new TokenGrant(deployment.Id, user.Identity.Uid, new EpochProof(epoch), Scope.Full, expires);
        return new CreatedDeployment(deployment, tokens.Issue(grant), grant.Expires);
    }
}

/// <summary>A new deployment and the token that opens it.</summary>
public sealed record CreatedDeployment(Deployment Deployment, string Token, DateTimeOffset TokenExpires)
{
    /// <summary>Keeps the token out of anything that prints records.</summary>
    public override string ToString() => $"CreatedDeployment {Deployment.Id}";
}
