using Goterra.Core.Access;
using Goterra.Core.Deployments;

namespace Goterra.Api.Tokens;

/// <summary>A token of a deployment, and all that a machine needs to use it.</summary>
/// <param name="Url">The server's address, without <c>/store</c>.</param>
/// <param name="Id">The deployment's id, a random UUID.</param>
/// <param name="Token">Opens this deployment and no other. Shown this once.</param>
/// <param name="Expires">When the token ends (RFC 3339, UTC).</param>
/// <param name="DeploymentExpires">When the deployment ends; null: when it is deleted.</param>
public sealed record TokenResponse(string Url, string Id, string Token, DateTime Expires, DateTime? DeploymentExpires)
{
    public static TokenResponse From(CreatedDeployment created, string url) =>
        new(url, created.Deployment.Id.ToString(), created.Token, created.TokenExpires.UtcDateTime, created.Deployment.Expires?.UtcDateTime);

    public static TokenResponse From(IssuedToken issued, string url) =>
        new(url, issued.Deployment.ToString(), issued.Token, issued.Expires.UtcDateTime, issued.DeploymentExpires?.UtcDateTime);

    /// <summary>Keeps the token out of anything that prints records.</summary>
    public override string ToString() => $"TokenResponse {Id}";
}
