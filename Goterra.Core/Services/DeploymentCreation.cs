using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Goterra.Core.Model;
using Goterra.Core.Tokens;

namespace Goterra.Core.Services;

/// <summary>Creates deployments, each with its first token.</summary>
public sealed class DeploymentCreation(
    IDeploymentRepository repository, IAccessRepository access, IUserDirectory users, INamespaceRepository namespaces,
    TokenIssuer issuer, DeploymentQuota quota)
{
    /// <returns><see cref="OutcomeKind.OutOfScope"/> if the user may not create deployments in the namespace;
    /// <see cref="OutcomeKind.OverLimit"/> if the user has too many, unless the request repeats a creation; with an
    /// idempotency key also <see cref="OutcomeKind.IdempotencyKeyReused"/>, and <see cref="OutcomeKind.Gone"/> if its
    /// deployment has ended or its tokens were revoked.</returns>
    public async Task<TokenOutcome> CreateAsync(
        User user, CreationRequest request, CancellationToken cancellationToken)
    {
        if (request.Namespace is not { } name)
            return await CreateAsync(user, request, namespaceEpoch: null, cancellationToken);
        if (!user.IsAdmin
            && await users.GetRoleAsync(user, name, opening: null, cancellationToken) is NamespaceRole.None)
            return new TokenOutcome(new Outcome(OutcomeKind.OutOfScope));

        var epoch = await namespaces.GetOrCreateEpochAsync(name, cancellationToken);
        var created = await CreateAsync(user, request, epoch, cancellationToken);

        // If the namespace was revoked after its epoch was read, the copy in the new deployment is outdated.
        if (created.Issued is { } issued
            && await namespaces.GetOrCreateEpochAsync(name, cancellationToken) is var current && current != epoch)
            await namespaces.PropagateEpochAsync(name, current, issued.Deployment, cancellationToken);
        return created;
    }

    private async Task<TokenOutcome> CreateAsync(
        User user, CreationRequest request, string? namespaceEpoch, CancellationToken cancellationToken)
    {
        var limit = await quota.CheckAsync(user, cancellationToken);
        if (limit is not null && request.Key is null)
            return new TokenOutcome(new Outcome(OutcomeKind.OverLimit) { Limit = limit });

        // An anonymous creator has no other credential to come back with.
        var endsWithItsTokens = request.Lifetime is null && user.Identity == Owner.Anonymous;
        var epoch = TokenIssuer.NewEpoch();
        var proposed = new NewDeployment(
            DeploymentId.New(),
            user.Identity,
            request.Namespace,
            request.Name,
            epoch,
            LifetimeOf(request, endsWithItsTokens),
            namespaceEpoch,
            endsWithItsTokens)
        {
            IsRepetition = limit is not null,
        };
        var result = request.Key is { } key
            ? await repository.CreateOnceAsync(proposed, key, cancellationToken)
            : new CreationResult(
                OutcomeKind.Done, proposed.Id, epoch, await repository.CreateAsync(proposed, cancellationToken));
        if (result.Status != OutcomeKind.Done)
            return new TokenOutcome(new Outcome(result.Status) { Limit = limit });

        var expires = TokenIssuer.ExpiryOf(result.Created?.Created ?? issuer.Now, issuer.Options.TokenLifetime);
        var grant = new TokenGrant(result.Id, user.Identity.Uid, new EpochProof(result.Epoch), Scope.Full, expires);
        return result.Created is { } created
            ? new TokenOutcome(Outcome.Done, issuer.Issue(grant, created.Expires))
            : await IssueAgainAsync(grant, request.Address, cancellationToken);
    }

    // The store refuses if the epoch was replaced since: the key was revoked with the tokens.
    private async Task<TokenOutcome> IssueAgainAsync(
        TokenGrant grant, string address, CancellationToken cancellationToken)
    {
        var minted = await access.MintAsync(
            new MintRequest(
                grant.Deployment, grant.Epoch, issuer.Options.TokenLifetime, RenewalWindow: null, CallerLeft: null,
                NewEpoch: null, new SecurityNote(grant.Uid, address)),
            cancellationToken);
        var expires = TokenIssuer.ExpiryOf(minted.Now, issuer.Options.TokenLifetime);
        return minted.Status == OutcomeKind.Revoked
            ? new TokenOutcome(new Outcome(OutcomeKind.Gone))
            : issuer.Issue(minted, grant with { Expires = expires });
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
/// <param name="Key">Null if the creation is not idempotent.</param>
/// <param name="Address">The address of the client, for the security event.</param>
public sealed record CreationRequest(
    NamespaceName? Namespace, string? Name, TimeSpan? Lifetime, CreationKey? Key, string Address);
