using Goterra.Core.Model;
using Goterra.Core.Tokens;

namespace Goterra.Api.Tokens;

/// <summary>A token of a deployment, and what a client needs to use it.</summary>
/// <param name="Url">The server's address, without <c>/store</c>.</param>
/// <param name="Id">The deployment's id, a random UUID.</param>
/// <param name="Token">Gives access to this deployment only. Shown only once.</param>
/// <param name="Expires">When the token expires (RFC 3339, UTC).</param>
/// <param name="DeploymentExpires">When the deployment expires; null if it lives until it is deleted.</param>
public sealed record TokenResponse(string Url, string Id, Secret Token, DateTime Expires, DateTime? DeploymentExpires)
{
    public static TokenResponse From(IssuedToken issued, string url) =>
        new(url, issued.Deployment.ToString(), issued.Token, issued.Expires.UtcDateTime,
            issued.DeploymentExpires?.UtcDateTime);
}
