namespace Goterra.Core.Access;

/// <summary>Makes and revokes the tokens that open all deployments of a namespace, those still to come included.</summary>
public sealed class NamespaceService(
    IUserDirectory users, INamespaceRepository repository, IDeploymentTokens tokens, AccessOptions access, TimeProvider time)
{
    /// <summary>Whether the user may do everything in the namespace: he owns it, or is an admin.</summary>
    public async Task<bool> MayAsync(User user, NamespaceName name, CancellationToken cancellationToken) =>
        user.IsAdmin || await users.RoleAsync(user, name, opening: null, cancellationToken) == NamespaceRole.Owner;

    /// <summary>Whether the user may create deployments in the namespace.</summary>
    public async Task<bool> MayCreateAsync(User user, NamespaceName name, CancellationToken cancellationToken) =>
        user.IsAdmin || await users.RoleAsync(user, name, opening: null, cancellationToken) is NamespaceRole.Member or NamespaceRole.Owner;

    /// <summary>Makes a token of the namespace. Its epoch is made with the first one.</summary>
    public async Task<NamespaceToken> IssueAsync(User user, NamespaceName name, CancellationToken cancellationToken) =>
        Issue(user, name, await repository.OpenAsync(name, cancellationToken));

    /// <summary>Makes every token of the namespace so far worthless, and those that were made with them; and gives a new one.</summary>
    public async Task<NamespaceToken> RevokeAsync(User user, NamespaceName name, CancellationToken cancellationToken) =>
        Issue(user, name, await repository.RevokeAsync(name, cancellationToken));

    private NamespaceToken Issue(User user, NamespaceName name, string epoch)
    {
        var grant = new NamespaceGrant(name, user.Identity.Uid, epoch, TokenService.WholeSeconds(time.GetUtcNow() + access.TokenLifetime));
        return new NamespaceToken(name, tokens.Issue(grant), grant.Expires);
    }
}

public sealed record NamespaceToken(NamespaceName Namespace, string Token, DateTimeOffset Expires)
{
    /// <summary>Keeps the token out of anything that prints records.</summary>
    public override string ToString() => $"NamespaceToken {Namespace}";
}
