using Goterra.Core.Model;

namespace Goterra.Api.Authentication;

/// <summary>Properties that later middleware and actions add to the entries of request log and audit log.</summary>
internal sealed class RequestLogProperties
{
    /// <summary>That of the route, or the one that the request created.</summary>
    public DeploymentId? Deployment { get; set; }

    /// <summary>The key that the request is about, if the path does not name it.</summary>
    public ValueKey? Key { get; set; }

    /// <summary>
    /// What is audited, such as <c>values.put</c>; null for requests that neither need a credential nor change anything.
    /// </summary>
    public string? Action { get; set; }
}
