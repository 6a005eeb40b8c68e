using Goterra.Core.Access;
using Goterra.Core.Deployments;

namespace Goterra.Api.Tokens;

/// <summary>Some of the deployments.</summary>
/// <param name="Deployments">The latest first.</param>
/// <param name="Next">What <c>after</c> takes for the next page; null on the last one.</param>
public sealed record DeploymentsResponse(IReadOnlyList<DeploymentSummaryResponse> Deployments, string? Next)
{
    public static DeploymentsResponse From(DeploymentPage page) =>
        new([.. page.Deployments.Select(DeploymentSummaryResponse.From)], page.Next?.ToString());
}

/// <summary>A deployment in a list.</summary>
/// <param name="Id">The deployment's id.</param>
/// <param name="Name">As given at creation.</param>
/// <param name="Namespace">As given at creation.</param>
/// <param name="State"><c>active</c> or <c>failed</c>.</param>
/// <param name="Created">RFC 3339, UTC.</param>
/// <param name="DeploymentExpires">When it ends; null: when it is deleted.</param>
/// <param name="Keys">How many keys it has.</param>
public sealed record DeploymentSummaryResponse(
    string Id, string? Name, string? Namespace, string State, DateTime Created, DateTime? DeploymentExpires, long Keys)
{
    public static DeploymentSummaryResponse From(DeploymentSummary summary)
    {
        var deployment = summary.Deployment;
        return new DeploymentSummaryResponse(
            deployment.Id.ToString(), deployment.Name, deployment.Namespace?.Text, deployment.State, deployment.Created.UtcDateTime, deployment.Expires?.UtcDateTime, summary.Keys);
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
            .Select(entry => new NamespaceResponse(entry.Key.Text, entry.Value == NamespaceRole.Owner ? "owner" : "member")),
    ]);
}

/// <summary>A namespace.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Role"><c>owner</c> or <c>member</c>.</param>
public sealed record NamespaceResponse(string Name, string Role);

/// <summary>A token for all deployments of a namespace.</summary>
/// <param name="Url">The server's address, without <c>/store</c>.</param>
/// <param name="Namespace">The namespace.</param>
/// <param name="Token">Opens all its deployments. Shown this once.</param>
/// <param name="Expires">When the token ends (RFC 3339, UTC).</param>
public sealed record NamespaceTokenResponse(string Url, string Namespace, string Token, DateTime Expires)
{
    public static NamespaceTokenResponse From(NamespaceToken made, string url) => new(url, made.Namespace.Text, made.Token, made.Expires.UtcDateTime);

    /// <summary>Keeps the token out of anything that prints records.</summary>
    public override string ToString() => $"NamespaceTokenResponse {Namespace}";
}
