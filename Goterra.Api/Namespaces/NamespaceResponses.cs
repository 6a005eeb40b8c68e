using Goterra.Core.Access;
using Goterra.Core.Deployments;
using Goterra.Core.Model;
using Goterra.Core.Services;
using Goterra.Core.Tokens;
using Goterra.Core.Waiting;

namespace Goterra.Api.Namespaces;

/// <summary>A page of deployments.</summary>
/// <param name="Deployments">The deployments, latest first.</param>
/// <param name="Next">The value of <c>after</c> for the next page; null on the last page.</param>
public sealed record DeploymentsResponse(IReadOnlyList<DeploymentSummaryResponse> Deployments, string? Next)
{
    public static DeploymentsResponse From(ListedDeployments listed) => new(
        [
            .. listed.Page.Deployments.Select(summary => DeploymentSummaryResponse.From(
                summary, listed.Waits.GetValueOrDefault(summary.Deployment.Id))),
        ],
        listed.Page.Next?.ToString());
}

/// <summary>A deployment in a list.</summary>
/// <param name="Id">The deployment's id.</param>
/// <param name="Name">As given at creation.</param>
/// <param name="Namespace">As given at creation.</param>
/// <param name="State"><c>active</c> or <c>failed</c>.</param>
/// <param name="Created">RFC 3339, UTC.</param>
/// <param name="DeploymentExpires">When it expires; null if it lives until it is deleted.</param>
/// <param name="Keys">The number of keys.</param>
/// <param name="Owner">The user who created it; <c>anonymous</c> without an API key.</param>
/// <param name="Reason">Why it has failed; null if it is active.</param>
/// <param name="Waiting">How many waits there are, on all instances.</param>
/// <param name="WaitingSince">When the oldest of them began; null if there is none.</param>
public sealed record DeploymentSummaryResponse(
    string Id, string? Name, string? Namespace, string State, DateTime Created, DateTime? DeploymentExpires, long Keys,
    string Owner, string? Reason, int Waiting, DateTime? WaitingSince)
{
    public static DeploymentSummaryResponse From(DeploymentSummary summary, WaitSummary? waits)
    {
        var deployment = summary.Deployment;
        return new DeploymentSummaryResponse(
            deployment.Id.ToString(),
            deployment.Name,
            deployment.Namespace?.Text,
            deployment.State,
            deployment.Created.UtcDateTime,
            deployment.Expires?.UtcDateTime,
            summary.Keys,
            deployment.Owner.Uid,
            deployment.FailedBecause,
            waits?.Count ?? 0,
            waits?.Since.UtcDateTime);
    }
}

/// <summary>The namespaces of a user.</summary>
/// <param name="Namespaces">By name.</param>
public sealed record NamespacesResponse(IReadOnlyList<NamespaceResponse> Namespaces)
{
    public static NamespacesResponse Of(User user) => new(
    [
        .. (user.Namespaces ?? new Dictionary<NamespaceName, NamespaceRole>())
            .Where(entry => entry.Value != NamespaceRole.None)
            .OrderBy(entry => entry.Key.Text, StringComparer.Ordinal)
            .Select(
                entry =>
                    new NamespaceResponse(entry.Key.Text, entry.Value == NamespaceRole.Owner ? "owner" : "member")),
    ]);
}

/// <summary>A namespace.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Role"><c>owner</c> or <c>member</c>.</param>
public sealed record NamespaceResponse(string Name, string Role);

/// <summary>A token for all deployments of a namespace.</summary>
/// <param name="Url">The server's address, without <c>/store</c>.</param>
/// <param name="Namespace">The namespace.</param>
/// <param name="Token">Gives access to all of its deployments. Shown only once.</param>
/// <param name="Expires">When the token expires (RFC 3339, UTC).</param>
public sealed record NamespaceTokenResponse(string Url, string Namespace, Secret Token, DateTime Expires)
{
    public static NamespaceTokenResponse From(NamespaceToken issued, string url) =>
        new(url, issued.Namespace.Text, issued.Token, issued.Expires.UtcDateTime);
}
