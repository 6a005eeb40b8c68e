using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Goterra.Core.Model;
using Goterra.Core.Tokens;
using Goterra.Core.Waiting;

namespace Goterra.Core.Services;

/// <summary>
/// Lists the deployments of a namespace, and issues and revokes tokens for all of them, including future ones. For
/// owners of the namespace, and admins; the methods return null for anyone else.
/// </summary>
public sealed class NamespaceService(
    IUserDirectory users, INamespaceRepository repository, IDeploymentIndex index, TokenIssuer issuer,
    WaitReporter waits)
{
    /// <summary>Lists the deployments that the user created, latest first.</summary>
    public async Task<ListedDeployments> ListOwnAsync(
        User user, PageRequest page, CancellationToken cancellationToken) =>
        await WithWaitsAsync(await index.ListByOwnerAsync(user.Identity, page, cancellationToken), cancellationToken);

    /// <summary>Lists the deployments of all users and namespaces, latest first. For admins.</summary>
    public async Task<ListedDeployments?> ListAllAsync(
        User user, PageRequest page, CancellationToken cancellationToken) => user.IsAdmin
        ? await WithWaitsAsync(await index.ListAllAsync(page, cancellationToken), cancellationToken)
        : null;

    /// <summary>Lists the deployments of a namespace, latest first.</summary>
    public async Task<ListedDeployments?> ListAsync(
        User user, NamespaceName name, PageRequest page, CancellationToken cancellationToken) =>
        await IsOwnerAsync(user, name, cancellationToken)
            ? await WithWaitsAsync(
                await index.ListByNamespaceAsync(name, page, cancellationToken), cancellationToken)
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

    private async Task<ListedDeployments> WithWaitsAsync(DeploymentPage page, CancellationToken cancellationToken) =>
        new(page, await waits.SummarizeAsync(
            [.. page.Deployments.Select(summary => summary.Deployment.Id)], cancellationToken));

    private async Task<bool> IsOwnerAsync(User user, NamespaceName name, CancellationToken cancellationToken) =>
        user.IsAdmin || await users.GetRoleAsync(user, name, opening: null, cancellationToken) == NamespaceRole.Owner;
}

/// <param name="Waits">By deployment; those without waits are left out.</param>
public sealed record ListedDeployments(
    DeploymentPage Page, IReadOnlyDictionary<DeploymentId, WaitSummary> Waits);
