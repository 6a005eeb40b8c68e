using Goterra.Core.Access;
using Goterra.Core.Model;

namespace Goterra.Api.Authentication;

/// <summary>Properties that later middleware and actions add to the entries of request log and audit log.</summary>
internal sealed class RequestLogProperties
{
    /// <summary>The deployment in the route, or the one that the request created.</summary>
    public DeploymentId? Deployment { get; set; }

    /// <summary>The key that the request is about, if the path does not name it.</summary>
    public ValueKey? Key { get; set; }

    /// <summary>The user of the API key, or the one whose token it is; null if the credential is not valid.</summary>
    public static string? UserOf(HttpContext context) =>
        context.Features.Get<Caller>()?.Uid ?? context.Features.Get<User>()?.Identity.Uid;
}
