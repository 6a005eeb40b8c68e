using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Goterra.Core.Model;
using Goterra.Core.Tokens;

namespace Goterra.Core.Services;

/// <summary>
/// Lists the deployments of a namespace, and issues and revokes tokens for all of them, including future ones. For
/// owners of the namespace, and admins; the methods return null for anyone else.
/// </summary>
public sealed class NamespaceService(
    IUserDirectory users, INamespaceRepository repository, IDeploymentIndex index, TokenIssuer issuer)
{
    /// <summary>Lists the deployments that the user created, latest first.</summary>
    public Task<DeploymentPage> ListOwnAsync(User user, PageRequest page, CancellationToken cancellationToken) =>
        index.ListByOwnerAsync(user.Identity, page, cancellationToken);

    /// <summary>Lists the deployments of a namespace, latest first.</summary>
    public async Task<DeploymentPage?> ListAsync(
        User user, NamespaceName name, PageRequest page, CancellationToken cancellationToken) =>
        await IsOwnerAsync(user, name, cancellationToken)
            ? await index.ListByNamespaceAsync(name, page, cancellationToken)
            : null;

    /// <summary>Issues a token of the namespace.</summary>
    public async Task<NamespaceToken?> IssueAsync(User user, NamespaceName name, CancellationToken cancellationToken) =>
        await IsOwnerAsync(user, name, cancellationToken)
            ? issuer.Issue(name, user.Identity.Uid, await repository.GetOrCreateEpochAsync(name, cancellationToken))
            : null;

    /// <summary>Revokes all tokens of the namespace and those derived from them, and issues a new one.</summary>
    public async Task<NamespaceToken?> RevokeAsync(
        User user, NamespaceName name, CancellationToken cancellationToken) =>
        await IsOwnerAsync(user, name, cancellationToken)
            ? issuer.Issue(name, user.Identity.Uid, await repository.RevokeAsync(name, cancellationToken))
            : null;

    private async Task<bool> IsOwnerAsync(User user, NamespaceName name, CancellationToken cancellationToken) =>
        user.IsAdmin || await users.GetRoleAsync(user, name, opening: null, cancellationToken) == NamespaceRole.Owner;
}
